"""Endpoints of the EndpointSlices of a Service, as kube-proxy reads them."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.backend import EndpointSliceSource
from config.resources.endpoint_slice import EndpointPort, EndpointSlice, SliceEndpoint
from discovery.endpoint import Endpoint
from discovery.sources.source import Endpoints, Publish, Tally


class EndpointSlices:
    """Publishes once; changed slices make another source."""

    kind = "endpointSlice"
    protected = False

    def __init__(self, slices: Sequence[EndpointSlice], spec: EndpointSliceSource, own_zone: str) -> None:
        self.tally = Tally(f"endpointSlice {spec.service}")
        self._endpoints = Endpoints(read_slices(slices, spec.port, own_zone))

    async def run(self, publish: Publish) -> None:
        """Publish the endpoints and return."""
        self.tally.succeeded()
        publish(self._endpoints)

    def refresh(self) -> None:
        """Nothing can have changed."""


def read_slices(slices: Sequence[EndpointSlice], port: int | str | None, own_zone: str) -> tuple[Endpoint, ...]:
    """The endpoints of `slices` (all of one Service) at `port`: a name, a number, or None for the only one.

    Ready ones take requests; one that terminates but still serves takes none, unless no endpoint is ready (KEP-1669);
    the rest is left out. Where every ready endpoint has zone hints and some name `own_zone`, only those are used
    (KEP-2433). Of a Service of two families the IPv4 addresses are used, so that no pod counts twice.
    """
    family = next((kind for kind in ("IPv4", "IPv6", "FQDN") if any(part.address_type == kind for part in slices)), "")
    ready: dict[str, tuple[Endpoint, SliceEndpoint]] = {}
    terminating: dict[str, tuple[Endpoint, SliceEndpoint]] = {}
    for part in slices:
        number = _port_number(part.ports, port)
        if part.address_type != family or number is None:
            continue
        for told in part.endpoints:
            conditions = told.conditions
            is_ready = conditions.ready is not False
            serves = conditions.serving if conditions.serving is not None else is_ready
            leaves = conditions.terminating is True
            if leaves and serves:
                endpoint = _endpoint(told, number, serving=False)
                terminating.setdefault(endpoint.id, (endpoint, told))
            elif is_ready and not leaves:
                endpoint = _endpoint(told, number, serving=True)
                ready.setdefault(endpoint.id, (endpoint, told))
    if not ready:
        return tuple(_endpoint(told, endpoint.port, serving=True) for endpoint, told in terminating.values())
    hinted = [endpoint for endpoint, told in ready.values() if own_zone in _zones(told)]
    all_hinted = all(_zones(told) for _, told in ready.values())
    chosen = hinted if own_zone and all_hinted and hinted else [endpoint for endpoint, _ in ready.values()]
    return (*chosen, *(endpoint for identity, (endpoint, _) in terminating.items() if identity not in ready))


def _zones(told: SliceEndpoint) -> tuple[str, ...]:
    return tuple(zone.name for zone in told.hints.for_zones) if told.hints else ()


def _port_number(ports: Sequence[EndpointPort], wanted: int | str | None) -> int | None:
    """The port number, None where the slice has no such one."""
    for port in ports:
        if wanted is None and len(ports) == 1:
            return port.port
        if wanted is not None and wanted in (port.name, port.port):
            return port.port
    return None


def _endpoint(told: SliceEndpoint, port: int, *, serving: bool) -> Endpoint:
    address = told.addresses[0]
    tags = {"node": told.node_name} if told.node_name else {}
    return Endpoint(f"{address}:{port}", address, port, zone=told.zone or "", tags=tags, serving=serving)
