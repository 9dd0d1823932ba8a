"""PDF: letters to lines, lines to paragraphs.

May import composing and plain_text; articles, errors, structure and text.
"""
