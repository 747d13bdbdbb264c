# cython: boundscheck=False, wraparound=False
"""The values of a request that a simple condition is about, read where they lie.

What comes from the head is octets, anything else a str, but for a claim, which is what the token held. None is a key
that the request does not have.
"""

from __future__ import annotations

from policies.expressions.request_maps import cookie_map, host_of, query_map
from policies.subject import Subject

NULL = object()
"""A claim that is null, which is there."""


class Value:
    """One of them."""

    def read(self, subject: Subject) -> object:
        """It, or None."""
        raise NotImplementedError


class Method(Value):
    """`request.method`."""

    def read(self, subject: Subject) -> object:
        """Octets."""
        return subject.head.method


class Scheme(Value):
    """`request.scheme`."""

    def read(self, subject: Subject) -> object:
        """Octets."""
        return subject.scheme


class Host(Value):
    """`request.host`, in lower case and without a port."""

    def read(self, subject: Subject) -> object:
        """Octets."""
        return host_of(subject.head.authority)


class Path(Value):
    """`request.path`."""

    def read(self, subject: Subject) -> object:
        """Octets."""
        return subject.head.path


class Header(Value):
    """`request.headers["name"]`; several fields of the name are one list (RFC 9110 5.3)."""

    def __init__(self, name: bytes) -> None:
        self._name = name

    def read(self, subject: Subject) -> object:
        """Octets, or None."""
        fields = subject.head.get_all(self._name)
        if not fields:
            return None
        return fields[0] if len(fields) == 1 else b", ".join(fields)


class Query(Value):
    """`request.query["name"]`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, subject: Subject) -> object:
        """A str, or None."""
        return query_map(subject.head.query).get(self._name)


class Cookie(Value):
    """`request.cookies["name"]`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, subject: Subject) -> object:
        """A str, or None."""
        return cookie_map(subject.head).get(self._name)


class Tag(Value):
    """`tags.name`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, subject: Subject) -> object:
        """A str, or None."""
        return subject.tags.get(self._name)


class Claim(Value):
    """`source.claims.name`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, subject: Subject) -> object:
        """What the token held, NULL for a null; or None."""
        found = subject.claims.get(self._name, self)
        if found is self:
            return None
        return NULL if found is None else found


class Address(Value):
    """`source.ip`."""

    def read(self, subject: Subject) -> object:
        """A str."""
        return subject.address


class Identity(Value):
    """`source.identity`."""

    def read(self, subject: Subject) -> object:
        """A str."""
        return subject.identity


class Tenant(Value):
    """`source.tenant`."""

    def read(self, subject: Subject) -> object:
        """A str."""
        return subject.tenant
