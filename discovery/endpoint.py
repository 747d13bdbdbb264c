"""What discovery is about: one address that can answer, and an immutable set of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address and port of a backend.

    `id` is unique in its backend and stable over changes of weight, zone or tags (Consul's service id and node, else
    `address:port`). `weight` is 0..65535; 0 takes no traffic. `serving` is False for one that drains: no new request,
    what runs goes on. `healthy` is False for one that checks or traffic found failing: no new request while enough
    others are healthy.
    """

    id: str
    address: str
    port: int
    weight: int = 1
    zone: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    serving: bool = True
    healthy: bool = True


@dataclass(frozen=True, slots=True)
class EndpointSet:
    """All endpoints of one backend as its source last told them, swapped as a whole.

    `as_of_s` is unix time of that answer; `source` a short word for logs and the API (`consul`, `static`, `dns`,
    `endpointSlice`, `kept` when read back from the state folder after a restart).
    """

    backend: str
    endpoints: tuple[Endpoint, ...]
    source: str
    as_of_s: float
