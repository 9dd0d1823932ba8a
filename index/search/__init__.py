"""What is derived from the store to be searched: FAISS, tantivy, shards, generations, filters.

May import store, korean.terms, encoders.base, errors and system.
"""
