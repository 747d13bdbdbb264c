"""Checks of resources by themselves, whatever else the set has: one that was sound is not looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from config.binding.catalog import Note
from config.identity_memo import IdentityMemo
from config.resources.resource import Resource

R = TypeVar("R", bound=Resource)


class OwnCheck(Generic[R]):
    """`look` gives what is wrong with a resource by itself; most of those of a reload it has looked at before."""

    def __init__(self, look: Callable[[R], Iterable[Note]]) -> None:
        self._look = look
        self._sound: IdentityMemo[bool] = IdentityMemo()

    def note(self, resources: Iterable[R], notes: list[Note]) -> None:
        """Add to `notes` what is wrong with any of them; that is told each time anew."""
        for resource in resources:
            if self._sound.get(resource):
                continue
            found = list(self._look(resource))
            if found:
                notes.extend(found)
            else:
                self._sound.keep(resource, value=True)
