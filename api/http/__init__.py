"""HTTP itself: protocol, middleware, guards, strict bodies, logs, metrics, tracing.

Knows no question; imports access, language, limits, problems, schemas.
"""
