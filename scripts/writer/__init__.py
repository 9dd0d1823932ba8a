"""A real language model's server behind ``--writer``."""
