"""Draws that come out the same each time: by a key of the request, on every gateway and over every restart.

The key is hashed with a salt, so that two draws of one client are independent; a share that grows keeps whom it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from config.resources.backend_policy import HashKey
from policies.hash_key import RequestKey
from policies.subject import Subject

NUMBERS = 1 << 53
"""How many numbers a key may draw: as many as a float tells apart in [0, 1)."""


class StickyDraw:
    """A number for each request by its key; without one, the number is another each time."""

    __slots__ = ("_key", "_salt")

    def __init__(self, keys: Sequence[HashKey], salt: str) -> None:
        self._key = RequestKey(keys)
        self._salt = salt_of(salt)

    def number(self, subject: Subject) -> float:
        """Uniform in [0, 1)."""
        key = self._key.read(subject)
        return subject.draw() if key is None else share(key, self._salt)


def salt_of(name: str) -> bytes:
    """The salt by which draws called `name` differ from others."""
    return blake2b(name.encode(), digest_size=16).digest()


def share(key: bytes, salt: bytes) -> float:
    """Where `key` falls in [0, 1); `salt` has 16 octets at most."""
    digest = blake2b(key, digest_size=8, salt=salt).digest()
    return (int.from_bytes(digest, "big") >> 11) / NUMBERS
