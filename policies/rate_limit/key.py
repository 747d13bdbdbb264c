"""What a limit counts apart: values of a request, put together so that different ones never make the same key."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from config.resources.rate_limit import LimitKey
from policies.expressions.named_values import named_value
from policies.expressions.values import NULL, Address, Path, Tenant, Value
from policies.subject import Subject

_ABSENT = b"\0"


class Route(Value):
    """The route, and which of its rules."""

    def read(self, subject: Subject) -> object:
        """A str."""
        return subject.route


class Network(Value):
    """The network of `length` bits that the client's address is in; the whole address where that is shorter."""

    def __init__(self, length: int) -> None:
        self._length = length

    def read(self, subject: Subject) -> object:
        """The octets of the address without the bits of the host; an IPv4 address in IPv6 form is one of IPv4."""
        try:
            address = ip_address(subject.address.partition("%")[0])
        except ValueError:
            return subject.address
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        host_bits = max(address.max_prefixlen - self._length, 0)
        return (int(address) >> host_bits << host_bits).to_bytes(address.max_prefixlen // 8, "big")


class KeyReader:
    """Reads the `keys` of a request. A part that it lacks is a value of its own, which all that lack it share.

    `name` tells the limit from others.
    """

    __slots__ = ("_name", "_readers")

    def __init__(self, name: str, keys: Sequence[LimitKey]) -> None:
        self._name = counted(name.encode())
        self._readers = tuple(_reader(key) for key in keys)

    def read(self, subject: Subject) -> bytes:
        """The parts, each with its length before it."""
        if not self._readers:
            return self._name
        return b"".join([self._name, *[_part(reader.read(subject)) for reader in self._readers]])


def _part(value: object) -> bytes:
    if value is None or value is NULL:
        return _ABSENT
    if isinstance(value, bytes):
        return counted(value)
    if isinstance(value, bool):
        return counted(b"true" if value else b"false")
    return counted(str(value).encode("utf-8", "surrogateescape"))


def counted(octets: bytes) -> bytes:
    """A part with its length before it, so that it does not run into the next."""
    return b"\1" + len(octets).to_bytes(4, "big") + octets


def _reader(key: LimitKey) -> Value:
    named = named_value(header=key.header, cookie=key.cookie, query=key.query, tag=key.tag, claim=key.claim)
    if named is not None:
        return named
    if key.source_prefix is not None:
        return Network(key.source_prefix)
    if key.source_ip:
        return Address()
    if key.path:
        return Path()
    return Route() if key.route else Tenant()
