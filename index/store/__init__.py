"""The truth: one SQLite file, its rows, checksums, codecs and migration.

May import articles, errors, system and encoders.base.
"""
