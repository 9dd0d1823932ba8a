"""Locks, failpoints, files that appear whole: what deals with the operating system and knows no article.

May import errors.
"""
