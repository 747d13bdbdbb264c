"""Which content coding a client wants (RFC 9110 12.5.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_QVALUE = re.compile(rb"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_ALIASES = {b"x-gzip": b"gzip", b"x-compress": b"compress"}
"""RFC 9110 8.4.1."""


def weights(values: Sequence[bytes]) -> dict[bytes, float]:
    """The weight of each coding that Accept-Encoding fields with these values list, in lower case; 0.0 is refused.

    Of a coding that is listed twice the first counts. One whose weight is none (RFC 9110 12.4.2) is left out, so that
    nobody is sent what they may have meant to refuse.
    """
    found: dict[bytes, float] = {}
    for value in values:
        for item in value.lower().split(b","):
            coding, *parameters = (part.strip(b" \t") for part in item.split(b";"))
            weight = _weight(parameters)
            if coding and weight is not None:
                found.setdefault(_ALIASES.get(coding, coding), weight)
    return found


def choose(values: Sequence[bytes], offered: Sequence[bytes]) -> bytes | None:
    """Which of the codings `offered`, the best first, the client is given; None where the body stays as it is."""
    if not values:
        return None
    wanted = weights(values)
    others = wanted.get(b"*", 0.0)
    best, weight = None, 0.0
    for coding in offered:
        own = wanted.get(coding, others)
        if own > weight:
            best, weight = coding, own
    return best if weight >= wanted.get(b"identity", 0.0) else None


def _weight(parameters: Sequence[bytes]) -> float | None:
    if not parameters:
        return 1.0
    name, _, value = parameters[0].partition(b"=")
    if len(parameters) > 1 or name != b"q" or not _QVALUE.fullmatch(value):
        return None
    return float(value)
