"""The part of a request that is hashed: for sticky draws, and for balancers that keep a client at its endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.backend_policy import HashCookie, HashKey
from policies.cookies import give_cookie
from policies.expressions.named_values import named_value
from policies.expressions.values import Address, Path, Value
from policies.subject import Subject

COOKIE_BITS = 53
"""Of each of the two draws that a made cookie is of: a float has no more."""


class RequestKey:
    """The first of `keys` that a request has and that is not empty.

    Where it has none, the client is given the first cookie among them, of which there may be none.
    """

    __slots__ = ("_cookie", "_readers")

    def __init__(self, keys: Sequence[HashKey]) -> None:
        self._readers = tuple(_reader(key) for key in keys)
        self._cookie = next((key.cookie for key in keys if key.cookie is not None), None)

    def read(self, subject: Subject) -> bytes | None:
        """Its octets; None where the request has none of the keys, and no cookie is given."""
        for reader in self._readers:
            found = reader.read(subject)
            if found:
                return found if isinstance(found, bytes) else str(found).encode("utf-8", "replace")
        return None if self._cookie is None else _made_cookie(self._cookie, subject)


def _reader(key: HashKey) -> Value:
    cookie = None if key.cookie is None else key.cookie.name
    named = named_value(header=key.header, cookie=cookie, query=key.query, tag=key.tag)
    return named or (Address() if key.source_ip else Path())


def _made_cookie(spec: HashCookie, subject: Subject) -> bytes:
    """The value of a cookie that the client is given with the answer; one of each name for a request."""
    made = subject.made_cookies
    if made is None:
        made = subject.made_cookies = {}
    value = made.get(spec.name)
    if value is None:
        words = (int(subject.draw() * (1 << COOKIE_BITS)) for _ in range(2))
        value = made[spec.name] = b"".join(b"%014x" % word for word in words)
        give_cookie(subject, spec.name, value.decode(), spec.path, spec.ttl.seconds or None)
    return value
