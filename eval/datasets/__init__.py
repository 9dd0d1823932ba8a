"""Questions with known answers, the articles they are asked of, and how the two are put together.

Imports no other room.
"""
