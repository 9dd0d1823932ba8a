"""The truth: one SQLite file, its rows, checksums, codecs and migration.

May import articles, encoders, errors and system.
"""
