"""One file per scenario; the catalog has them in order."""
