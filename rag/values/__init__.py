"""What values and qualifiers a text holds: amounts, dates, names, clauses, years. Imports ``index`` alone."""
