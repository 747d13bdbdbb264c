"""From bound listeners to sockets: one Port for each address and number, with all listeners that share it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from config.binding.bound import BoundGateway
from config.binding.traffic_policies import TrafficPolicies
from config.snapshot import Listener, Port

_EVERYWHERE = ""
_ANY_V4 = "0.0.0.0"  # noqa: S104
_ANY_V6 = "::"


def ports(gateways: Sequence[BoundGateway], policies: TrafficPolicies) -> tuple[Port, ...]:
    """The sockets of all listeners that serve, by address and number.

    Where one Gateway has a port on all interfaces and another has it on one address, the socket of that address has the
    listeners of both, as the kernel gives a connection to the more specific socket. An unspecified address of one
    family joins the socket for both families where there is one: two sockets would share its connections by chance.
    """
    by_number: dict[int, dict[str, list[Listener]]] = {}
    for gateway in gateways:
        if gateway.reason:
            continue
        for bound in gateway.every_listener():
            if bound.reason:
                continue
            listener = Listener(bound.name, bound.hostname, tuple(bound.rules), policies.connections_of(bound))
            places = by_number.setdefault(bound.spec.port, {})
            for address in gateway.addresses:
                places.setdefault(address, []).append(listener)
    found = [
        Port(address, number, "HTTP", tuple({listener.name: listener for listener in listeners}.values()))
        for number, places in by_number.items()
        for address, listeners in _merged(places)
    ]
    return tuple(sorted(found, key=lambda port: (port.address, port.port)))


def _merged(places: dict[str, list[Listener]]) -> Iterable[tuple[str, list[Listener]]]:
    """The listeners of each address, with those of the unspecified addresses that cover it."""
    everywhere = places.get(_EVERYWHERE)
    for address, listeners in places.items():
        if address == _EVERYWHERE:
            yield address, [*listeners, *places.get(_ANY_V4, ()), *places.get(_ANY_V6, ())]
        elif address in (_ANY_V4, _ANY_V6):
            if everywhere is None:
                yield address, listeners
        else:
            family = _ANY_V6 if ":" in address else _ANY_V4
            yield address, [*listeners, *(everywhere or ()), *places.get(family, ())]
