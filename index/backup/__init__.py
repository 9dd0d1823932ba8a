"""Everything that cannot be derived again, into one zip file and back.

May import articles, encoders, engine, errors, ingest, reading, search, store, system and truth.
"""
