"""What the endpoint is told about the client."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from config.resources.weir import WeirSpec
from gateway.codec.http1 import Http1ServerCodec
from gateway.hot.head import RequestHead
from gateway.hot.limits import HeadLimits
from gateway.hot.request_ids import RequestIds
from gateway.hot.writer import HeadWriter
from gateway.http.forwarding import (
    Peer,
    Recipe,
    choose_request_id,
    client_address,
    client_scheme,
    forward_lines,
    recipe,
)
from gateway.settings import Settings, settings_from
from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond


def settings(**forwarding: object) -> Settings:
    return settings_from(WeirSpec.model_validate({"forwarding": forwarding}))


def head(*lines: bytes, version: bytes = b"1.1") -> RequestHead:
    raw = b"".join((b"GET / HTTP/%b\r\nHost: shop.example\r\n" % version, *(line + b"\r\n" for line in lines), b"\r\n"))
    found = Http1ServerCodec(HeadLimits()).receive(raw)[0]
    assert isinstance(found, RequestHead)
    return found


def lines_of(
    message: RequestHead, address: str, given: Settings, plan: Recipe | None = None
) -> Mapping[bytes, list[bytes]]:
    """The added lines by name."""
    found: dict[bytes, list[bytes]] = {}
    made = plan or recipe(given, frozenset(), b"")
    out = HeadWriter()
    forward_lines(out, message, Peer.of(address, given), made, given, b"http", b"id")
    raw = out.take()
    for line in raw.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b": ")
        found.setdefault(name, []).append(value)
    return found


def ids() -> RequestIds:
    return RequestIds(random.Random(1))


TRUST = {"trustedProxies": ["10.0.0.0/8", "fd00::/8"]}


def test_an_untrusted_client_cannot_choose_what_it_is_called() -> None:
    claims = head(b"X-Forwarded-For: 6.6.6.6", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: evil")
    assert lines_of(claims, "192.0.2.1", settings(**TRUST)) == {
        b"x-forwarded-for": [b"192.0.2.1"],
        b"x-forwarded-proto": [b"http"],
        b"x-forwarded-host": [b"shop.example"],
        b"via": [b"1.1 weir"],
        b"x-request-id": [b"id"],
    }


def test_a_trusted_hop_is_believed_and_added_to() -> None:
    claims = head(
        b"X-Forwarded-For: 198.51.100.7", b"X-Forwarded-For: 10.0.0.9", b"X-Forwarded-Proto: https", b"Via: 1.0 edge"
    )
    found = lines_of(claims, "10.1.2.3", settings(**TRUST))
    assert found[b"x-forwarded-for"] == [b"198.51.100.7, 10.0.0.9, 10.1.2.3"]
    assert found[b"x-forwarded-proto"] == [b"https"]
    assert found[b"via"] == [b"1.0 edge, 1.1 weir"]


def test_forwarded_is_written_as_rfc_7239_says() -> None:
    given = settings(**TRUST, forwarded=True, xForwarded=False)
    assert lines_of(head(), "192.0.2.1", given)[b"forwarded"] == [b'for=192.0.2.1;host="shop.example";proto=http']
    extended = lines_of(head(b"Forwarded: for=1.2.3.4"), "fd00::1", given)
    assert extended[b"forwarded"] == [b'for=1.2.3.4, for="[fd00::1]";host="shop.example";proto=http']
    assert b"x-forwarded-for" not in extended


def test_forwarded_says_no_host_where_the_client_named_none() -> None:
    raw = Http1ServerCodec(HeadLimits()).receive(b"GET / HTTP/1.0\r\n\r\n")[0]
    assert isinstance(raw, RequestHead)
    assert lines_of(raw, "192.0.2.1", settings(forwarded=True))[b"forwarded"] == [b"for=192.0.2.1;proto=http"]


def test_filters_of_the_route_go_before_what_weir_adds() -> None:
    given = settings(forwarded=True)
    plan = recipe(given, frozenset((b"x-forwarded-for", b"forwarded")), b"x-forwarded-for: hidden\r\n")
    found = lines_of(head(), "192.0.2.1", given, plan)
    assert b"x-forwarded-for" not in found and b"forwarded" not in found
    assert plan.extra == b"x-forwarded-for: hidden\r\n"


def test_via_can_be_left_alone() -> None:
    given = settings(via="off")
    assert b"via" not in lines_of(head(b"Via: 1.0 edge"), "192.0.2.1", given)
    assert b"via" not in recipe(given, frozenset(), b"").drop


@pytest.mark.parametrize(
    ("address", "sent", "kept"),
    [
        ("10.1.2.3", b"abc-123", True),
        ("192.0.2.1", b"abc-123", False),
        ("10.1.2.3", b"x" * 129, False),
        ("10.1.2.3", b'a"b', False),
        ("10.1.2.3", b"", False),
    ],
)
def test_a_request_id_is_kept_only_from_a_trusted_hop_and_fit_to_be_logged(
    address: str, sent: bytes, kept: bool
) -> None:
    given = settings(**TRUST)
    found = choose_request_id(head(b"X-Request-Id: " + sent), Peer.of(address, given), given, ids())
    assert (found == sent) is kept
    assert kept or len(found) == 32


def test_a_request_id_is_always_made_where_the_operator_says_so() -> None:
    given = settings(**TRUST, requestId="Make")
    assert choose_request_id(head(b"X-Request-Id: a"), Peer.of("10.1.2.3", given), given, ids()) != b"a"


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("192.0.2.1", b"198.51.100.7", "192.0.2.1"),
        ("10.1.2.3", b"198.51.100.7", "198.51.100.7"),
        ("10.1.2.3", b"6.6.6.6, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.1.2.3", b"10.8.8.8, 10.9.9.9", "10.8.8.8"),
        ("10.1.2.3", b"198.51.100.7, nonsense", "10.1.2.3"),
        ("::ffff:10.1.2.3", b"2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_trusted_hop(peer: str, chain: bytes, client: str) -> None:
    given = settings(**TRUST)
    assert client_address(head(b"X-Forwarded-For: " + chain), Peer.of(peer, given), given) == client


@pytest.mark.parametrize(
    ("peer", "told", "scheme"),
    [
        ("10.0.0.1", b"https", b"https"),
        ("10.0.0.1", b"http", b"http"),
        ("10.0.0.1", b"gopher", b"http"),
        ("192.0.2.1", b"https", b"http"),
    ],
)
def test_scheme_of_the_client_is_as_a_trusted_hop_says(peer: str, told: bytes, scheme: bytes) -> None:
    given = settings(trustedProxies=["10.0.0.0/8"])
    assert client_scheme(head(b"X-Forwarded-Proto: " + told), Peer.of(peer, given), b"http") == scheme
    assert client_scheme(head(), Peer.of(peer, given), b"https") == b"https"


async def test_names_that_the_client_sends_are_dropped_and_others_passed_on() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    trace = b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        await client.ask(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
            b"X-Forwarded-Proto: https\r\nX-Request-Id: chosen\r\n" + trace + b"\r\n\r\n"
        )
    for claimed in (b"6.6.6.6", b"https", b"chosen"):
        assert claimed not in heads[0]
    assert trace in heads[0]


async def test_forwarding_fields_of_a_trusted_proxy_are_extended() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    spec = {"forwarding": {"trustedProxies": ["127.0.0.0/8"], "forwarded": True}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        await client.ask(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
            b"X-Request-Id: abc\r\n\r\n"
        )
    assert heads[0].count(b"x-forwarded-for") == 1
    assert b"\r\nx-forwarded-for: 6.6.6.6, 127.0.0.1\r\n" in heads[0]
    assert b"\r\nx-forwarded-proto: https\r\n" in heads[0]
    assert b"\r\nx-request-id: abc\r\n" in heads[0]
    assert b'\r\nforwarded: for=127.0.0.1;host="a";proto=http\r\n' in heads[0]
