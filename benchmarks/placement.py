"""Which cores the proxy and its surroundings run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """The proxy's own core, and those of the load and the origin."""

    proxy: frozenset[int]
    load: frozenset[int]

    @classmethod
    def of(cls, allowed: frozenset[int]) -> Cores:
        """The first core for the proxy, the rest for everything else; on a machine of one core they share it."""
        first = min(allowed)
        return cls(frozenset((first,)), allowed - {first} or allowed)

    @classmethod
    def of_this_process(cls) -> Cores:
        """The split of the cores that this process may use."""
        return cls.of(frozenset(os.sched_getaffinity(0)))

    @property
    def shared(self) -> bool:
        """Whether load and proxy take time from each other."""
        return bool(self.proxy & self.load)


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Within it this thread runs on these cores; a child that starts within it, with all its threads, stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
