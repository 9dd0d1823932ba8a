"""Writes the generated pages and tables of ``docs``."""
