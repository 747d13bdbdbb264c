"""Response headers that browsers heed."""
