"""Locks, failpoints and cached files: what deals with the operating system and knows no article. May import index.errors."""
