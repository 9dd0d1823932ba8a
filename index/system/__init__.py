"""Locks, failpoints, whole files, processes, faults in the log: what deals with the system and knows no article.

May import errors.
"""
