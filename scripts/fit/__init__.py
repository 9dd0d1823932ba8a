"""Fits what the packages carry as data, from the sets in ``../shared/data`` and our own questions."""
