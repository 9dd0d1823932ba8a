"""Measure what readers make of files: encodings, documents."""
