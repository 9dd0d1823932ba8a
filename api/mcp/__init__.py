"""The tools that models call, over HTTP and over standard input and output.

Imports access, answering, http, openai, problems, routes, schemas, services.
"""
