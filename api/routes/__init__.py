"""The addresses of the service under /v1, its health and metrics.

Imports access, answering, articles, http, language, limits, openapi, problems, schemas, services.
"""
