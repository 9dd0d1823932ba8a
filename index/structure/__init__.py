"""Which line of a text stands under which: headings, clauses, lists, tables, questions. May import articles and text."""
