"""Files to articles, whatever their encoding and format; a room a family of formats.

May import articles, errors, korean, structure, system and text.
"""
