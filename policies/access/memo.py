"""What was found out about a credential, kept by its digest for a time, so that it is not found out per request."""

from __future__ import annotations

from typing import Generic, TypeVar

V = TypeVar("V")


class Memo(Generic[V]):
    """At most `bound` values, each until its time; where there is no room the one that was put first goes.

    Keys are digests, never the credentials themselves: a dump of the memory does not give them away, and how long a
    look-up takes tells nothing of them.
    """

    __slots__ = ("_bound", "_held")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._held: dict[bytes, tuple[float, V]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: bytes, now_s: float) -> V | None:
        """The value of `key`, None where there is none any more at `now_s`."""
        held = self._held.get(key)
        if held is None:
            return None
        if held[0] <= now_s:
            del self._held[key]
            return None
        return held[1]

    def put(self, key: bytes, value: V, until_s: float) -> None:
        """Hold `value` until `until_s`."""
        self._held.pop(key, None)
        if len(self._held) >= self._bound:
            del self._held[next(iter(self._held))]
        self._held[key] = (until_s, value)
