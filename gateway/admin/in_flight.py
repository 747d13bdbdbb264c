"""What runs on one endpoint now, as the workers say when they are asked: for who waits until it may be stopped."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.endpoint import Endpoint
from discovery.health.board import HealthBoard
from gateway.admin.by_hand import NotThere, endpoint_named

Descriptions = Mapping[str, Mapping[str, object]]
"""What `DataPath.describe` says, by the number of the worker."""


def place_named(board: HealthBoard, backend: str, name: str) -> str:
    """`address:port` of the endpoint with that id or at that place.

    One that left keeps what runs on it, so a name that nobody has is taken for a place where it looks like one; else
    raises NotThere.
    """
    try:
        identity = endpoint_named(board, backend, name)
    except NotThere:
        address, _, port = name.rpartition(":")
        if address and port.isdecimal():
            return name
        raise
    (found,) = [endpoint for endpoint in board.endpoints(backend) if endpoint.id == identity]
    return _place(found)


def takes_requests(board: HealthBoard, backend: str, place: str) -> bool:
    """Whether an endpoint at `place` gets new requests, as the workers were told."""
    view = board.views().get(backend)
    return view is not None and any(
        endpoint.serving and endpoint.healthy and endpoint.weight > 0 and _place(endpoint) == place
        for endpoint in view.endpoints
    )


def in_flight(descriptions: Descriptions, backend: str, place: str) -> dict[str, int]:
    """Requests, copies and tunnels there, by the number of the worker: those that wait for a connection, too."""
    return {worker: _at(description, backend, place) for worker, description in descriptions.items()}


def _place(endpoint: Endpoint) -> str:
    address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{address}:{endpoint.port}"


def _at(description: Mapping[str, object], backend: str, place: str) -> int:
    pools = description.get("pools")
    places = pools.get(backend) if isinstance(pools, Mapping) else None
    pool = places.get(place) if isinstance(places, Mapping) else None
    return int(pool["inUse"]) + int(pool["waiting"]) if isinstance(pool, Mapping) else 0
