"""XLSX, XLSB, XLS, ODS and CSV: cells as people see them. May import office.drawing, plain_text, composing and containers."""
