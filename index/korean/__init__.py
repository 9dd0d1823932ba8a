"""Korean text to sentences, morphemes, terms, numbers and passages, with Kiwi in a process of its own.

May import articles, cleaning, encoders, errors, system and text.
"""
