"""The truth in PostgreSQL (15 or newer, no extension), where several nodes share one. Imported only when one is named.

May import errors and store.
"""
