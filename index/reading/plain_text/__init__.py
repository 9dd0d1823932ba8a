"""Text as it is given: encodings, lines, JSON records, and what one article may be.

May import articles, korean.terms, text and errors.
"""
