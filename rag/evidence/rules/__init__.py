"""What plain rules decide of the ordered sentences, whatever the models think: which is meant, and that none is.

Imports evidence, question and values.
"""
