"""Deterministic subsets: which endpoints one of many gateways uses, so that all of them together use each alike.

After P. Ward, P. Wankadia, K. Guliani, "Reinventing Backend Subsetting at Google" (ACM Queue 20.5, 2022): gateways form
lots, and within a lot each begins at its own place on one circle of all endpoints, the places after the binary van der
Corput sequence, so that the lot is spread evenly while it fills. Each lot has a circle of its own, ordered by a hash,
so that what one lot leaves uneven the others even out. Places are ranks: an endpoint that comes or goes changes a
subset by two at most. A lot is the power of two at or over (endpoints / subset); only when that changes, all move.
"""

from __future__ import annotations

from collections.abc import Sequence

from xxhash import xxh64_intdigest

from discovery.balancing.hashing import mixed
from discovery.lease import EndpointState


def aperture(states: Sequence[EndpointState], most: int, ordinal: int) -> list[EndpointState]:
    """At most `most` (1 or more) of `states`, for gateway number `ordinal`; all where they are so few."""
    count = len(states)
    if count <= most:
        return list(states)
    lot_bits = (-(-count // most) - 1).bit_length()
    lot = ordinal >> lot_bits
    start = count * _reversed(ordinal & ((1 << lot_bits) - 1), lot_bits) >> lot_bits
    circle = sorted(states, key=lambda state: (mixed(_own(state), lot), state.endpoint.id))
    return [circle[place % count] for place in range(start, start + most)]


def _own(state: EndpointState) -> int:
    return xxh64_intdigest(state.endpoint.id.encode("utf-8", "surrogateescape"))


def _reversed(number: int, bits: int) -> int:
    """The lowest `bits` bits of `number` in reverse: van der Corput's sequence to base 2, times 2**bits."""
    turned = 0
    for _ in range(bits):
        turned = turned << 1 | number & 1
        number >>= 1
    return turned
