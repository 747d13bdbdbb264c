"""How many files this process and its children may hold open: the hard limit, taken up."""

from __future__ import annotations

import resource


def descriptor_limit() -> int:
    """Raise the soft limit to the hard one and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
