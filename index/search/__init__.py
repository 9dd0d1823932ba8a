"""What is derived from the store to be searched: FAISS, tantivy, shards, generations, filters.

May import encoders, errors, korean, store and system.
"""
