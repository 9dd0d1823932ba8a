"""Which line of a text stands under which: headings, clauses, lists, tables, questions. Imports ``index.articles`` and ``index.text``."""
