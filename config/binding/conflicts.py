"""Listeners that are not distinct: none of those in a conflict is served (CRD, Gateway `listeners`).

But a listener of a ListenerSet gives way to those that go before it, which serve on (CRD, ListenerSet `listeners`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.binding.bound import BoundGateway, BoundListener

ANY_ADDRESS = frozenset(("", "0.0.0.0", "::"))  # noqa: S104
"""Addresses that stand for all interfaces."""
_FAMILIES = ("HTTP", "TLS", "TCP", "UDP")
"""What tells two listeners of one port apart; HTTPS and TLS go together, as both have the name of the TLS hello."""

Key = tuple[str, str]
"""Family, and a hostname or "" for any listener of the family."""


def overlap(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether two sets of addresses share one; the unspecified addresses are all of them."""
    if not left or not right:
        return False
    return not ANY_ADDRESS.isdisjoint(left) or not ANY_ADDRESS.isdisjoint(right) or not set(left).isdisjoint(right)


def mark_conflicts(gateways: Sequence[BoundGateway]) -> None:
    """Mark every listener that is not distinct, of all Gateways that share addresses.

    HTTP, HTTPS and TLS are told apart by port and hostname, TCP and UDP by port; a port has one of HTTP, TLS and TCP.
    Listeners that are refused for another reason, such as a protocol that is not served, take no part. The time grows
    with the number of listeners, not with that of their pairs.
    """
    taken = Taken()
    taking_part = [
        (listener, gateway.addresses)
        for gateway in gateways
        if not gateway.reason
        for listener in gateway.listeners
        if not listener.reason
    ]
    for listener, addresses in taking_part:
        taken.add(listener, addresses)
    found = [(listener, *taken.conflict(listener, addresses)) for listener, addresses in taking_part]
    for listener, reason, other in found:
        if other is not None:
            _mark(listener, reason, other)


def give_way(taken: Taken, listeners: Sequence[BoundListener], addresses: Sequence[str]) -> None:
    """Mark those of one ListenerSet that are not distinct from what is `taken` or from each other; the rest are taken.

    None of a pair within the set wins, as within a Gateway. Listeners that are refused already take no part.
    """
    taking_part = [listener for listener in listeners if not listener.reason]
    own = Taken()
    for listener in taking_part:
        own.add(listener, addresses)
    for listener in taking_part:
        for holders, owner in ((taken, "a listener that goes before it"), (own, "another of the same ListenerSet")):
            reason, other = holders.conflict(listener, addresses)
            if other is not None:
                _mark_given_way(listener, reason, owner)
                break
    for listener in taking_part:
        if not listener.conflict:
            taken.add(listener, addresses)


class Taken:
    """Who listens on each port."""

    def __init__(self) -> None:
        self._ports: dict[tuple[int, bool], _Holders] = {}

    @classmethod
    def by(cls, gateways: Sequence[BoundGateway]) -> Taken:
        """What Gateways have themselves; those in a conflict have their place too, though they do not serve."""
        taken = cls()
        for gateway in gateways:
            for listener in gateway.listeners:
                takes_part = not listener.reason or bool(listener.conflict)
                if takes_part and not gateway.reason:
                    taken.add(listener, gateway.addresses)
        return taken

    def add(self, listener: BoundListener, addresses: Sequence[str]) -> None:
        """`listener` has its place on `addresses`."""
        self._ports.setdefault(_port(listener), _Holders()).add(listener, addresses)

    def conflict(self, listener: BoundListener, addresses: Sequence[str]) -> tuple[str, BoundListener | None]:
        """The reason why `listener` is not distinct, with one that it is not distinct from; "" and None if it is."""
        holders = self._ports.get(_port(listener))
        return ("", None) if holders is None else holders.conflict(listener, addresses)


class _Holders:
    """Who listens on one port: of each key the first two, by address and over all, as one of them is never oneself."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, Key], list[BoundListener]] = {}
        self._of: dict[Key, list[BoundListener]] = {}

    def add(self, listener: BoundListener, addresses: Sequence[str]) -> None:
        for key in ((family(listener), ""), (family(listener), listener.hostname)):
            for holders in (
                self._of.setdefault(key, []),
                *(self._at.setdefault((_normal(address), key), []) for address in addresses),
            ):
                if len(holders) < 2:
                    holders.append(listener)

    def conflict(self, listener: BoundListener, addresses: Sequence[str]) -> tuple[str, BoundListener | None]:
        own = family(listener)
        for other in (family_ for family_ in _FAMILIES if family_ != own):
            if found := self._other(listener, addresses, (other, "")):
                return "ProtocolConflict", found
        if found := self._other(listener, addresses, (own, listener.hostname)):
            return ("ProtocolConflict" if own in ("TCP", "UDP") else "HostnameConflict"), found
        return "", None

    def _other(self, listener: BoundListener, addresses: Sequence[str], key: Key) -> BoundListener | None:
        return next((found for found in self._candidates(addresses, key) if found is not listener), None)

    def _candidates(self, addresses: Sequence[str], key: Key) -> Iterator[BoundListener]:
        if not ANY_ADDRESS.isdisjoint(addresses):
            yield from self._of.get(key, ())
            return
        yield from self._at.get(("", key), ())
        for address in addresses:
            yield from self._at.get((address, key), ())


def family(listener: BoundListener) -> str:
    """Which of _FAMILIES the listener's protocol belongs to."""
    return {"HTTPS": "TLS"}.get(listener.spec.protocol, listener.spec.protocol)


def _port(listener: BoundListener) -> tuple[int, bool]:
    return listener.spec.port, listener.spec.protocol == "UDP"


def _normal(address: str) -> str:
    return "" if address in ANY_ADDRESS else address


def _mark(listener: BoundListener, reason: str, other: BoundListener) -> None:
    gateway = other.gateway.metadata
    listener.conflict = listener.reason = reason
    listener.message = (
        f"{_place(listener)} is not distinct from listener {gateway.namespace}/{gateway.name}/{other.spec.name} "
        f"({other.spec.protocol}, {other.hostname})"
    )


def _mark_given_way(listener: BoundListener, reason: str, owner: str) -> None:
    """Its message does not name the other, which may be of a team that this one may know nothing of (CRD)."""
    listener.conflict = listener.reason = reason
    listener.message = f"{_place(listener)} is not distinct from {owner}"


def _place(listener: BoundListener) -> str:
    return f"port {listener.spec.port} with protocol {listener.spec.protocol} and hostname {listener.hostname}"
