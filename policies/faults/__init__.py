"""Faults made on purpose, so that it is known what callers do with them."""
