"""Which truth a data folder has, how it is written to, and how a node's own copy follows a shared one.

May import encoders, errors, postgres, search, store and system.
"""
