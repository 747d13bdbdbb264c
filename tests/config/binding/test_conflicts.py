"""Listeners that are not distinct, found in a time that grows with their number."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.binding.bound import BoundGateway, BoundListener
from config.binding.conflicts import Taken, family, give_way, mark_conflicts, overlap
from config.resources.gateway import Gateway
from tests.config.manifests import gateway, listener, resources

PROTOCOLS = ("HTTP", "HTTPS", "TLS", "TCP", "UDP")
HOSTS = (None, "a.example", "*.example")
Addresses = tuple[str, ...]
ADDRESSES = (("",), ("10.0.0.1",), ("10.0.0.1", "10.0.0.2"), ("0.0.0.0",))


def bound(name: str, *specs: dict[str, object], addresses: tuple[str, ...] = ("",)) -> BoundGateway:
    """A Gateway whose listeners are all fit to be served."""
    (resource,) = resources(gateway(name, *specs))
    assert isinstance(resource, Gateway)
    listeners = [BoundListener(resource, spec, at, ()) for at, spec in enumerate(resource.spec.listeners)]
    return BoundGateway(resource, addresses, listeners)


def conflicts(*gateways: BoundGateway) -> dict[str, str]:
    mark_conflicts(gateways)
    return {
        f"{each.gateway.metadata.name}/{found.spec.name}": found.conflict
        for each in gateways
        for found in each.listeners
        if found.conflict
    }


def test_hostname_tells_listeners_of_one_port_apart() -> None:
    assert conflicts(bound("a", listener(hostname="a.example")), bound("b", listener(hostname="*.example"))) == {}


def test_none_of_those_in_a_conflict_wins() -> None:
    found = conflicts(bound("a", listener()), bound("b", listener()), bound("c", listener(hostname="c.example")))
    assert found == {"a/http": "HostnameConflict", "b/http": "HostnameConflict"}


def test_message_names_the_other_listener() -> None:
    left, right = bound("a", listener()), bound("b", listener("web"))
    mark_conflicts([left, right])
    assert "not distinct from listener shop/b/web (HTTP, *)" in left.listeners[0].message
    assert "not distinct from listener shop/a/http (HTTP, *)" in right.listeners[0].message


def test_other_address_is_no_conflict() -> None:
    left, right = bound("a", listener(), addresses=("10.0.0.1",)), bound("b", listener(), addresses=("10.0.0.2",))
    assert conflicts(left, right) == {}


@pytest.mark.parametrize("everywhere", ["", "0.0.0.0", "::"])
def test_all_interfaces_meet_every_address(everywhere: str) -> None:
    left, right = bound("a", listener(), addresses=(everywhere,)), bound("b", listener(), addresses=("10.0.0.2",))
    assert set(conflicts(left, right)) == {"a/http", "b/http"}


def test_https_and_tls_share_a_port_by_name() -> None:
    tls = {"options": {"a/b": "c"}}
    https = listener("https", protocol="HTTPS", hostname="a.example", tls=tls)
    assert conflicts(bound("a", https, listener("tls", protocol="TLS", hostname="b.example", tls=tls))) == {}


def test_udp_never_meets_tcp() -> None:
    assert conflicts(bound("a", listener("t", protocol="TCP"), listener("u", protocol="UDP"))) == {}


def test_refused_listener_takes_no_part() -> None:
    """By the CRD a protocol that is not served puts no other listener out of service."""
    left, right = bound("a", listener()), bound("b", listener("t", protocol="TCP"))
    right.listeners[0].reason = "UnsupportedProtocol"
    assert conflicts(left, right) == {}


def test_gateway_that_is_refused_takes_no_part() -> None:
    left, right = bound("a", listener()), bound("b", listener())
    right.reason = "UnsupportedAddress"
    assert conflicts(left, right) == {}


def test_a_set_gives_way_and_takes_what_is_free() -> None:
    before = bound("a", listener(hostname="a.example"))
    added = bound("set", listener("one", hostname="a.example"), listener("two", hostname="b.example")).listeners
    taken = Taken.by([before])
    give_way(taken, added, ("",))
    assert [each.conflict for each in (*before.listeners, *added)] == ["", "HostnameConflict", ""]
    later = bound("later", listener("three", hostname="b.example"), listener("four", hostname="c.example")).listeners
    give_way(taken, later, ("",))
    assert [each.conflict for each in later] == ["HostnameConflict", ""]


def test_none_of_a_pair_within_a_set_wins() -> None:
    added = bound("set", listener("h"), listener("t", protocol="TCP"), listener("u", port=81)).listeners
    taken = Taken()
    give_way(taken, added, ("",))
    assert [each.conflict for each in added] == ["ProtocolConflict", "ProtocolConflict", ""]
    assert "not distinct from another of the same ListenerSet" in added[0].message
    later = bound("later", listener("h")).listeners
    give_way(taken, later, ("",))
    assert later[0].conflict == "", "what is refused takes no place"


def test_listeners_of_gateways_in_a_conflict_keep_their_place() -> None:
    left, right = bound("a", listener()), bound("b", listener())
    mark_conflicts([left, right])
    added = bound("set", listener()).listeners
    give_way(Taken.by([left, right]), added, ("",))
    assert added[0].conflict == "HostnameConflict"


def is_conflict(left: BoundListener, right: BoundListener) -> str:
    """The rule of the CRD for one pair, written down as it reads."""
    if left.spec.port != right.spec.port or (left.spec.protocol == "UDP") != (right.spec.protocol == "UDP"):
        return ""
    if family(left) != family(right) or family(left) in ("TCP", "UDP"):
        return "ProtocolConflict"
    return "HostnameConflict" if left.hostname == right.hostname else ""


def test_agrees_with_the_rule_for_pairs() -> None:
    """All pairs, and all triples of a smaller choice, of protocol, hostname and addresses."""
    kinds = [
        (protocol, host, addresses)
        for protocol in PROTOCOLS
        for host in (HOSTS if protocol not in ("TCP", "UDP") else (None,))
        for addresses in ADDRESSES
    ]
    small = [kind for kind in kinds if kind[0] in ("HTTP", "TCP") and kind[1] in (None, "a.example")]
    for choice in itertools.chain(itertools.product(kinds, repeat=2), itertools.product(small, repeat=3)):
        gateways = [made(at, *kind) for at, kind in enumerate(choice)]
        expected = {
            f"{left.gateway.metadata.name}/x"
            for left, right in itertools.permutations(gateways, 2)
            if overlap(left.addresses, right.addresses) and is_conflict(left.listeners[0], right.listeners[0])
        }
        assert set(conflicts(*gateways)) == expected, choice


KINDS = st.sampled_from([("HTTP", None), ("HTTP", "a.example"), ("HTTPS", None), ("TCP", None), ("UDP", None)])
OWNED = st.tuples(st.lists(KINDS, unique=True, max_size=3), st.sampled_from(ADDRESSES))


@given(st.lists(OWNED, min_size=1, max_size=5))
def test_sets_leave_only_listeners_that_are_distinct(
    owned: list[tuple[list[tuple[str, str | None]], Addresses]],
) -> None:
    """Refused is who is not distinct from one that serves before it, or that stands beside it in its set."""
    taken, places = Taken(), list[tuple[BoundListener, Addresses]]()
    for position, (kinds, addresses) in enumerate(owned):
        own = [made(f"{position}-{at}", *kind, addresses).listeners[0] for at, kind in enumerate(kinds)]
        give_way(taken, own, addresses)
        before = [found for found in places if not found[0].conflict]
        for listener_ in own:
            others = [*before, *((other, addresses) for other in own if other is not listener_)]
            reasons = {is_conflict(listener_, other) for other, at in others if overlap(addresses, at)} - {""}
            assert bool(listener_.conflict) is bool(reasons)
            assert listener_.conflict in (reasons or {""})
        places += [(each, addresses) for each in own]


MADE: dict[tuple[object, ...], Gateway] = {}


def made(position: int | str, protocol: str, host: str | None, addresses: tuple[str, ...]) -> BoundGateway:
    key = (position, protocol, host)
    if key not in MADE:
        spec = listener("x", protocol=protocol)
        if host is not None:
            spec["hostname"] = host
        if protocol in ("HTTPS", "TLS"):
            spec["tls"] = {"options": {"a/b": "c"}}
        (resource,) = resources(gateway(f"g{position}", spec))
        assert isinstance(resource, Gateway)
        MADE[key] = resource
    resource = MADE[key]
    return BoundGateway(resource, addresses, [BoundListener(resource, resource.spec.listeners[0], 0, ())])


@pytest.mark.parametrize(
    ("left", "right", "do"),
    [
        (("",), ("1.1.1.1",), True),
        (("1.1.1.1",), ("1.1.1.1", "2.2.2.2"), True),
        (("1.1.1.1",), ("2.2.2.2",), False),
        ((), ("",), False),
    ],
)
def test_addresses_overlap_where_one_is_shared(left: tuple[str, ...], right: tuple[str, ...], do: bool) -> None:
    assert overlap(left, right) is overlap(right, left) is do
