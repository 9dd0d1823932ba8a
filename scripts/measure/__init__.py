"""Measure on data of our own what the reports of ``geungeo eval`` do not: follow-up questions, and those that stand alone."""
