"""Measure on data of our own what no report does: follow-up questions, those that stand alone, a very long article on the page."""
