# cython: boundscheck=False
"""Networks, asked for the narrowest one that an address is in: the longest prefix decides.

Compiled with the types of `networks.pxd`. The networks of a family cut its addresses into ranges that each have one
narrowest network, or none: the leaves of the radix tree over them, in order. They are all that a look-up needs, so they
alone are kept: in flat arrays, with an index by the first bits of an address that leaves a few of them to be halved.

A look-up takes 0.09 us for one network, 0.10 for 1,000 and 0.20 for 100,000, or 0.07 of them where the same address was
asked for just before. A compressed tree takes 0.33 for the last without reading the address, a hash for each prefix
length 2 us.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from ipaddress import ip_network

import cython  # type: ignore[import-untyped]

if not cython.compiled:
    from ipaddress import ip_address

    def packed_address(text: str) -> bytes:
        """The octets of an IP literal, 4 or 16; a zone (`%eth0`) does not count. Raises ValueError."""
        return ip_address(text).packed


MAX_INDEX_BITS = 16
"""Of the index: 65,537 places for 131,072 ranges or more; for fewer, a quarter to a half of their number."""

_MAPPED = 0xFFFF
"""What stands before the IPv4 address in ::ffff:0:0/96 (RFC 4291 2.5.5.2)."""


class Ranges:
    """The addresses of one family in order, cut where the narrowest network changes; an address is two words."""

    __slots__ = ("_high", "_index", "_low", "_shift", "_values")

    def __init__(self, networks: Mapping[tuple[int, int], object], bits: int) -> None:
        """`networks` are values by first address and prefix length; an address of 32 `bits` is all in its high word."""
        starts, self._values = _leaves(networks, bits)
        index_bits = min(max(len(starts).bit_length() - 2, 1), MAX_INDEX_BITS)
        self._shift = min(bits, 64) - index_bits
        # The range that the first address with those bits is in; behind the last of them, the last range.
        ranges = (bisect_right(starts, first << (bits - index_bits)) - 1 for first in range(1 << index_bits))
        self._index = array("I", (*ranges, len(starts) - 1))
        if bits == 32:
            self._high = array("Q", starts)
            self._low = array("Q", [0]) * len(starts)
        else:
            self._high = array("Q", [start >> 64 for start in starts])
            self._low = array("Q", [start & 0xFFFFFFFFFFFFFFFF for start in starts])

    def find(self, high: int, low: int) -> object:
        """The value of the range that the address is in."""
        bucket = high >> self._shift
        first = self._index[bucket]
        last = self._index[bucket + 1] + 1
        while last - first > 1:
            middle = (first + last) >> 1
            start = self._high[middle]
            if start > high or (start == high and self._low[middle] > low):
                last = middle
            else:
                first = middle
        return self._values[first]


class NetworkTable:
    """Values by network in CIDR notation; of equal networks the last one counts.

    IPv6 networks within ::ffff:0:0/96, and addresses there, are read as IPv4 (RFC 4291 2.5.5.2); no wider IPv6 network,
    `::/0` included, has an IPv4 address in it. Raises ValueError where an entry is no network.
    """

    __slots__ = ("_v4", "_v6")

    def __init__(self, networks: Iterable[tuple[str, object]]) -> None:
        v4: dict[tuple[int, int], object] = {}
        v6: dict[tuple[int, int], object] = {}
        for text, value in networks:
            bits, first, length = _network(text)
            if bits == 32:
                v4[first, length] = value
            elif length >= 96 and first >> 32 == _MAPPED:
                v4[first & 0xFFFFFFFF, length - 96] = value
            else:
                v6[first, length] = value
        self._v4 = Ranges(v4, 32)
        self._v6 = Ranges(v6, 128)

    def find(self, address: str) -> object:
        """The value of the narrowest network with the IP literal `address` in it, None without one.

        Raises:
            ValueError: it is no IP literal.
        """
        octets = packed_address(address)
        high = 0
        low = 0
        if len(octets) == 4:
            for index in range(4):
                high = high << 8 | octets[index]
            return self._v4.find(high, 0)
        for index in range(8):
            high = high << 8 | octets[index]
            low = low << 8 | octets[8 + index]
        if high == 0 and low >> 32 == _MAPPED:
            return self._v4.find(low & 0xFFFFFFFF, 0)
        return self._v6.find(high, low)


def _network(text: str) -> tuple[int, int, int]:
    """The bits of an address of its family, its first address and its prefix length."""
    address, _, digits = text.partition("/")
    if not (digits.isascii() and digits.isdigit()):
        # An address alone, or a netmask: seldom, and the library takes its time.
        network = ip_network(text, strict=False)
        return network.max_prefixlen, int(network.network_address), network.prefixlen
    octets = packed_address(address)
    bits, length = len(octets) * 8, int(digits)
    if length > bits:
        raise ValueError(f"a prefix that is longer than the address: {text!r}")
    return bits, int.from_bytes(octets, "big") >> (bits - length) << (bits - length), length


def _leaves(networks: Mapping[tuple[int, int], object], bits: int) -> tuple[list[int], list[object]]:
    """Where the ranges begin, from 0 on, and the value of each."""
    starts: list[int] = [0]
    values: list[object] = [None]
    around: list[tuple[int, object]] = []
    """The networks that the place is in, the narrowest last: where each ends, and its value."""

    def cut(start: int, value: object) -> None:
        if starts[-1] == start:
            values[-1] = value
        else:
            starts.append(start)
            values.append(value)

    def leave(place: int) -> None:
        while around and around[-1][0] <= place:
            end, _ = around.pop()
            if end < 1 << bits:
                cut(end, around[-1][1] if around else None)

    for first, length in sorted(networks):
        leave(first)
        value = networks[first, length]
        cut(first, value)
        around.append((first + (1 << (bits - length)), value))
    leave(1 << bits)
    return starts, values
