"""Kills, cuts, damages and starves the store, and counts what is lost: see :mod:`scripts.torture.__main__`."""
