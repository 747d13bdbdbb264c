"""Draws that come out the same each time: by a key of the request, on every gateway and over every restart.

The key is hashed with a salt, so that two draws of one client are independent; a share that grows keeps whom it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from config.resources.backend_policy import HashCookie, HashKey
from policies.cookies import give_cookie
from policies.expressions.values import Address, Cookie, Header, Path, Query, Tag, Value
from policies.subject import Subject

_COOKIE_BITS = 53
"""Of each of the two draws that a made cookie is of: a float has no more."""


class StickyDraw:
    """A number for each request, by the first of `keys` that it has.

    Where it has none, a client is given the first cookie among them; without one, the number is another each time.
    """

    __slots__ = ("_cookie", "_readers", "_salt")

    def __init__(self, keys: Sequence[HashKey], salt: str) -> None:
        self._readers = tuple(_reader(key) for key in keys)
        self._cookie = next((key.cookie for key in keys if key.cookie is not None), None)
        self._salt = blake2b(salt.encode(), digest_size=16).digest()

    def number(self, subject: Subject) -> float:
        """Uniform in [0, 1)."""
        for reader in self._readers:
            found = reader.read(subject)
            if found:
                octets = found if isinstance(found, bytes) else str(found).encode("utf-8", "replace")
                return share(octets, self._salt)
        if self._cookie is not None:
            return share(_made_cookie(self._cookie, subject), self._salt)
        return subject.draw()


def share(key: bytes, salt: bytes) -> float:
    """Where `key` falls in [0, 1); `salt` has 16 octets at most."""
    digest = blake2b(key, digest_size=8, salt=salt).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def _reader(key: HashKey) -> Value:
    if key.header is not None:
        return Header(key.header.lower().encode("ascii"))
    if key.cookie is not None:
        return Cookie(key.cookie.name)
    if key.query is not None:
        return Query(key.query)
    if key.tag is not None:
        return Tag(key.tag)
    return Address() if key.source_ip else Path()


def _made_cookie(spec: HashCookie, subject: Subject) -> bytes:
    """The value of a cookie that the client is given with the answer; one of each name for a request."""
    made = subject.made_cookies
    if made is None:
        made = subject.made_cookies = {}
    value = made.get(spec.name)
    if value is None:
        words = (int(subject.draw() * (1 << _COOKIE_BITS)) for _ in range(2))
        value = made[spec.name] = b"".join(b"%014x" % word for word in words)
        give_cookie(subject, spec.name, value.decode(), spec.path, spec.ttl.seconds or None)
    return value
