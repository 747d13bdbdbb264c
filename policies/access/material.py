"""Keys and passwords as they are now: what a step holds in their place, as they change while it is in use."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Material(Protocol[T_co]):
    """The last good state of something that is read again: a file, an answer of a server."""

    @property
    def current(self) -> T_co | None:
        """None until there was one. It is never changed: another takes its place."""


class FixedMaterial(Generic[T]):
    """What stands in the configuration itself, such as in a Secret: a change of it makes a new step."""

    __slots__ = ("current",)

    def __init__(self, current: T | None) -> None:
        self.current = current
