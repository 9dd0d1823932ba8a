"""Which sentences of the best passages answer, how sure that is, and that each is cited to the letter.

Imports answers, question, ranking, reader and values.
"""
