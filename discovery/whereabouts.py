"""Where this gateway is among others: what locality and deterministic subsets go by."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from xxhash import xxh32_intdigest

log = logging.getLogger("weir.discovery")

ZONE = "WEIR_ZONE"
ORDINAL = "WEIR_ORDINAL"
ORDINAL_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`zone` is "" where nobody said it; `ordinal` the number of this gateway among those like it, from 0."""

    zone: str = ""
    ordinal: int = 0


NOWHERE = Whereabouts()


def whereabouts(environment: Mapping[str, str], host: str) -> Whereabouts:
    """By the variables WEIR_ZONE and WEIR_ORDINAL.

    Without an ordinal, or with one that is none (which is logged), it is drawn from the name of the `host`: another on
    each, and the same after a restart. Subsets are then even as draws are, not exactly.
    """
    told = environment.get(ORDINAL, "")
    if told.isascii() and told.isdigit() and len(told) <= ORDINAL_DIGITS:
        ordinal = int(told)
    else:
        if told:
            log.error(
                "%s is %r, which is no whole number of up to %d digits; it is ignored", ORDINAL, told, ORDINAL_DIGITS
            )
        ordinal = xxh32_intdigest(host.encode("utf-8", "surrogateescape"))
    return Whereabouts(environment.get(ZONE, ""), ordinal)
