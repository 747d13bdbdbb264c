"""Conditions that operators write in CEL, evaluated over one request after another."""
