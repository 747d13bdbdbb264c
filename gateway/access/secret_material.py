"""Keys and passwords that stand in a Secret: read once, as a change of it makes a new step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from config.snapshot import PolicySecret
from gateway.access.events import AccessEvent, Count
from policies.access.material import FixedMaterial

log = logging.getLogger("weir.access")

T = TypeVar("T")


def secret_material(secret: PolicySecret, parse: Callable[[bytes], T], count: Count) -> FixedMaterial[T]:
    """What `parse` makes of the value; none, which is logged and counted, where it raises ValueError."""
    try:
        return FixedMaterial(parse(secret.data))
    except ValueError as error:
        count(AccessEvent.SECRET_REFUSED)
        log.error("Secret %s: %s; who needs it is refused", secret.name, error)
        return FixedMaterial(None)
