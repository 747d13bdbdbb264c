"""Answers of Weir in the place of the backend."""
