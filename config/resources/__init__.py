"""Every kind that Weir takes, as typed, frozen models."""
