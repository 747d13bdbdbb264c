"""How much in what time, and how many at once."""
