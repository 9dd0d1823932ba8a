"""An answer in words, by a language model of the user's own: every sentence checked against what it cites.

Imports answers and values.
"""
