"""The CORS filter of Gateway API: which other origins may read what a rule answers (Fetch standard, CORS protocol)."""
