"""What was worked out of an object, for as long as that object lives: a reload meets most of its resources again."""

from __future__ import annotations

import weakref
from typing import Generic, TypeVar

T = TypeVar("T")


class IdentityMemo(Generic[T]):
    """Values by the identity of an object, which must not be reachable from its value.

    May be used by several threads at once; two that work the same out at the same time each keep their own.
    """

    def __init__(self) -> None:
        self._values: dict[int, tuple[weakref.ref[object], T]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: object) -> T | None:
        """What was kept for this very object, None where nothing was."""
        entry = self._values.get(id(key))
        return entry[1] if entry is not None and entry[0]() is key else None

    def keep(self, key: object, value: T) -> T:
        """Remember `value`, which is returned, until `key` is gone."""
        identity = id(key)

        def forget(gone: weakref.ref[object]) -> None:
            # By then the identity may be that of another object with a value of its own.
            entry = self._values.get(identity)
            if entry is not None and entry[0] is gone:
                del self._values[identity]

        self._values[identity] = (weakref.ref(key, forget), value)
        return value
