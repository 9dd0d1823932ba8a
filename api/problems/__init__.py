"""What can go wrong, as RFC 9457 problems in two languages, and in OpenAI's shape.

Imports language, limits, schemas.
"""
