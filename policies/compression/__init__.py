"""Answers made smaller on their way to clients that take that."""
