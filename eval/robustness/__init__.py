"""The same questions in other forms: typed badly, worded otherwise.

Imports data sets, judge, measures, results and system.
"""
