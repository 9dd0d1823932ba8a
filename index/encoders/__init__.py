"""Text to unit vectors: the packaged encoder, or one of sentence-transformers. May import errors and system."""
