"""The header by which people whom a policy permits choose the endpoint of a request."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.scalars import place
from policies.access.network_set import NetworkSet
from policies.environment import Environment
from policies.steering.steered import Steered
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial

HEADER = b"x-weir-endpoint"
"""It goes to no endpoint: whoever is behind must not take it for the word of somebody permitted there."""


class EndpointHeader(Step):
    """Obeys the header from clients in `networks`, by their address; the endpoint must be one of the backend's."""

    __slots__ = ("_permitted",)
    name = "endpointHeaderFrom"

    def __init__(self, networks: Sequence[str]) -> None:
        self._permitted = NetworkSet(networks)

    def decide(self, subject: Subject) -> Denial | None:
        """Refuses the header from anyone else, 403, and what is no endpoint, 400."""
        values = subject.head.get_all(HEADER)
        if not values:
            return None
        if not self._permitted.has(subject.address):
            return Denial(403, f"{subject.address} may not choose an endpoint")
        if len(values) > 1:
            return Denial(400, "x-weir-endpoint is there twice")
        try:
            endpoint = place(values[0].decode("latin-1"))
        except ValueError:
            return Denial(400, "x-weir-endpoint is no address and port")
        subject.steered = Steered("x-weir-endpoint", None, endpoint, {})
        return None


def compile_endpoint_header(networks: tuple[str, ...], _: Environment) -> EndpointHeader | None:
    """Obeys `x-weir-endpoint` from some networks, and refuses it from others."""
    return EndpointHeader(networks) if networks else None
