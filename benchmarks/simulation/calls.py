"""Who asks and who is asked: the two sides of a try, whether a client, a gateway or an endpoint is there."""

from __future__ import annotations

from typing import Protocol


class Call(Protocol):
    """One try, from the side that waits for its answer; one of the two comes, once."""

    def answered(self, status: int, *, tried: bool) -> None:
        """An answer; `tried`: it says that it was tried again already, `x-weir-attempt`."""

    def refused(self) -> None:
        """No connection came about."""


class Target(Protocol):
    """Who takes calls: an endpoint, or a gateway in front of others."""

    def take(self, call: Call, key: bytes | None, *, again: bool) -> None:
        """Take one, with the `key` that keyed balancers hash; `again`: the request says that it is a further try."""
