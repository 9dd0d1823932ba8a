"""XLSX, XLSB, XLS, ODS and CSV: cells as people see them.

May import composing, containers, office and plain_text; articles and errors.
"""
