"""The routes that OpenAI's clients speak: a chat in, an answer with footnotes out.

Imports what a route may, and openapi.
"""
