"""The routes that OpenAI's clients speak: a chat in, an answer with footnotes out.

Imports access, http, language, limits, openapi, problems, routes, schemas, services.
"""
