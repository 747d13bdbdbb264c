"""Requests sent to a chosen backend, subset or endpoint, to debug one host."""
