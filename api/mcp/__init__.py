"""The tools that models call, over HTTP and over standard input and output.

Imports access, answering, http, language, openai, problems, routes, schemas, services.
"""
