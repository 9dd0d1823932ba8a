"""A reader's result, :class:`~index.reading.composing.composer.Document`, and what puts one together.

Lines, list numbers, dates, properties. May import articles, errors, korean.terms and text.
"""
