"""Names resolved by a real responder on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.rcode
import pytest

from config.resources.backend import DNSSource
from config.resources.weir import Discovery
from discovery.sources.dns import DNSName
from tests.support.dns_responder import DNSResponder
from tests.support.endpoints import Collected, DiscoveryRuntime


@asynccontextmanager
async def resolving(
    responder: DNSResponder, name: str = "orders.test", kind: str = "A", **spec: object
) -> AsyncIterator[tuple[DNSName, Collected]]:
    """Follow a name; questions may come every 50 ms."""
    if kind != "SRV":
        spec["port"] = 9000
    settings = Discovery.model_validate({"dnsResolvers": [responder.address], "dnsTimeout": "300ms"})
    runtime = DiscoveryRuntime()
    source = DNSName(
        DNSSource.model_validate({"name": name, "type": kind, "minTtl": "0s", "maxTtl": "50ms", **spec}),
        settings,
        runtime,
    )
    got = Collected()
    runtime.spawn(source.run(got), name="source")
    try:
        yield source, got
    finally:
        await runtime.close()


async def until_failed(source: DNSName) -> None:
    """Wait for the first error that the source counts; it publishes none. Raises TimeoutError."""
    async with asyncio.timeout(10.0):
        while not source.tally.errors:  # noqa: ASYNC110 - an error is counted, not announced
            await asyncio.sleep(0.01)


def weights(got: Collected) -> dict[str, int]:
    """Weights of the last answer by id."""
    return {member.id: member.weight for member in got.answers[-1].endpoints("")}


@pytest.mark.parametrize(("kind", "address"), [("A", "127.0.0.1"), ("AAAA", "::1")])
async def test_addresses_are_endpoints(kind: str, address: str) -> None:
    async with DNSResponder() as responder:
        responder.set("orders.test", kind, address)
        async with resolving(responder, kind=kind) as (_, got):
            await got.until(lambda: bool(got.answers))
            assert got.ids() == [f"{address}:9000"]


async def test_change_is_seen_when_the_ttl_is_over() -> None:
    async with DNSResponder() as responder:
        responder.set("orders.test", "A", "127.0.0.1", ttl_s=300)
        async with resolving(responder) as (_, got):
            await got.until(lambda: bool(got.answers))
            responder.set("orders.test", "A", "127.0.0.2", "127.0.0.3", ttl_s=300)
            await got.until(lambda: got.ids() == ["127.0.0.2:9000", "127.0.0.3:9000"])


async def test_ttl_is_kept_within_its_bounds() -> None:
    async with DNSResponder() as responder:
        responder.set("orders.test", "A", "127.0.0.1", ttl_s=0)
        async with resolving(responder, minTtl="1h", maxTtl="2h") as (source, got):
            await got.until(lambda: bool(got.answers))
            source.refresh()
            await got.until(lambda: len(got.answers) == 2)
            assert source.tally.queries == 2
            assert len(responder.asked) == 2


def nothing(responder: DNSResponder) -> None:
    """Take the name away."""
    responder.set("orders.test", "A")


def empty(responder: DNSResponder) -> None:
    """Leave the name another type only."""
    responder.set("orders.test", "TXT", "hello")
    responder.set("orders.test", "A")


def broken(responder: DNSResponder) -> None:
    """Answer SERVFAIL."""
    responder.rcode = dns.rcode.SERVFAIL


def quiet(responder: DNSResponder) -> None:
    """Answer nothing."""
    responder.silent = True


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [(nothing, "negative"), (empty, "negative"), (broken, "server_error"), (quiet, "timeout")],
)
async def test_answer_without_addresses_keeps_the_last(wrong: Callable[[DNSResponder], None], reason: str) -> None:
    async with DNSResponder() as responder:
        responder.set("orders.test", "A", "127.0.0.1")
        async with resolving(responder) as (source, got):
            await got.until(lambda: bool(got.answers))
            wrong(responder)
            await until_failed(source)
            assert set(source.tally.errors) == {reason}
            assert got.ids() == ["127.0.0.1:9000"]
            responder.silent, responder.rcode = False, None
            responder.set("orders.test", "A", "127.0.0.7")
            await got.until(lambda: got.ids() == ["127.0.0.7:9000"])


async def test_services_bring_ports_and_weights_and_only_the_lowest_priority_is_used() -> None:
    async with DNSResponder() as responder:
        responder.set(
            "_http._tcp.orders.test",
            "SRV",
            "10 5 8001 one.test.",
            "10 0 8002 two.test.",
            "20 9 8003 one.test.",
        )
        responder.set("one.test", "A", "127.0.0.1")
        responder.set("two.test", "AAAA", "::1")
        async with resolving(responder, "_http._tcp.orders.test", "SRV") as (_, got):
            await got.until(lambda: bool(got.answers))
            assert weights(got) == {"127.0.0.1:8001": 5, "::1:8002": 1}


async def test_next_priority_is_used_where_the_lowest_has_no_address() -> None:
    async with DNSResponder() as responder:
        responder.set("_http._tcp.orders.test", "SRV", "10 5 8001 gone.test.", "20 9 8003 one.test.")
        responder.set("one.test", "A", "127.0.0.1")
        async with resolving(responder, "_http._tcp.orders.test", "SRV") as (_, got):
            await got.until(lambda: bool(got.answers))
            assert weights(got) == {"127.0.0.1:8003": 9}


async def test_service_that_is_not_offered_is_negative() -> None:
    """RFC 2782: a target of "." says that the service is decidedly not there."""
    async with DNSResponder() as responder:
        responder.set("_http._tcp.orders.test", "SRV", "0 0 0 .")
        async with resolving(responder, "_http._tcp.orders.test", "SRV") as (source, got):
            await until_failed(source)
            assert set(source.tally.errors) == {"negative"}
            assert not got.answers


@pytest.mark.parametrize("resolver", ["not an address", "127.0.0.1:port"])
async def test_resolver_that_is_no_address_is_an_error_and_no_crash(resolver: str) -> None:
    runtime = DiscoveryRuntime()
    source = DNSName(
        DNSSource.model_validate({"name": "orders.test", "port": 9000}),
        Discovery.model_validate({"dnsResolvers": [resolver]}),
        runtime,
    )
    got = Collected()
    runtime.spawn(source.run(got), name="source")
    async with DNSResponder():
        await until_failed(source)
    await runtime.close()
    assert set(source.tally.errors) == {"rubbish"}
