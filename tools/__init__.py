"""What Weir's developers run beside Weir: fetching of pinned programs, checks of the machine, the demo."""
