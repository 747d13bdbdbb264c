"""Marks on requests: where they come from, how they travel on, and what follows them."""
