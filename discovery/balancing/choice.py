"""From what a BackendPolicy says of balancing to the balancer over some endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discovery.balancing.balancer import Balancer
from discovery.balancing.hashing import FUNCTIONS
from discovery.balancing.least_request import LeastRequest
from discovery.balancing.maglev import Maglev
from discovery.balancing.peak_ewma import PeakEwma
from discovery.balancing.random import Random
from discovery.balancing.ring_hash import RingHash, Size
from discovery.balancing.round_robin import RoundRobin
from discovery.latency import Latency, NowNs
from discovery.lease import EndpointState

if TYPE_CHECKING:
    from config.resources.backend_policy import LoadBalancer

KEYED = ("RingHash", "Maglev")
"""The types that go by a key of the request."""
MEASURED = "PeakEwma"
"""The type that goes by latency."""
LOADED = ("LeastRequest", "PeakEwma")
"""The types that go by what runs on endpoints, which the workers of a node tell each other."""


def balancer_over(
    states: tuple[EndpointState, ...], spec: LoadBalancer, now_ns: NowNs, previous: Balancer | None, start: int
) -> Balancer:
    """The balancer that `spec` names, over `states` (at least one, weights above 0).

    `previous` is the one before over the same endpoints, or nearly; `start` a random number, so that workers begin at
    different ones. What the other types know is with the states, or follows from the ids.
    """
    match spec.type:
        case "LeastRequest":
            return LeastRequest(states, spec.choices)
        case "PeakEwma":
            return PeakEwma(states, spec.choices, now_ns)
        case "Random":
            return Random(states)
        case "RingHash":
            ring = spec.ring_hash
            size = Size(ring.min_size, ring.max_size)
            return RingHash(states, FUNCTIONS[ring.function], size, spec.hash_balance_factor or 0)
        case "Maglev":
            size_ = spec.maglev.table_size
            return Maglev(states, FUNCTIONS["XXHash64"], size_, spec.hash_balance_factor or 0)
        case _:
            return RoundRobin(states, previous, start)


def measure_as(state: EndpointState, spec: LoadBalancer, now_ns: NowNs) -> None:
    """Have the latency of an endpoint measured where `spec` asks for it; what is known of it stays."""
    if spec.type != MEASURED:
        state.latency = None
        return
    decay_ns = int(spec.decay.seconds * 1e9)
    if state.latency is None:
        state.latency = Latency(decay_ns, now_ns)
    else:
        state.latency.set_decay(decay_ns)
