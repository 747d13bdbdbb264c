"""Backends of HTTPRoutes by the descriptions of `backendRefs` and `timeouts`: shares, lost references, deadlines."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.config.manifests import BACKEND_REF, Document, backend, gateway, route, service
from tests.support.served import served, text_of
from tests.support.statuses import Statuses, refusal
from tests.support.wire import EndpointConnection, ScriptedEndpoint

NAMES = ("one", "two")
BACKENDS = [f"shop/{name}" for name in NAMES]


def ref(name: str, weight: int | None = None) -> Document:
    found = {**BACKEND_REF, "name": name}
    return found if weight is None else {**found, "weight": weight}


def config(*refs: Document, more: tuple[Document, ...] = (), **fields: object) -> str:
    rule: Document = {"backendRefs": list(refs), **fields}
    return text_of(gateway(), *(backend(name) for name in NAMES), *more, route("a", rule))


async def shares(text: str, requests: int) -> Counter[str]:
    """How many of `requests` were answered by each backend, or with which status by Weir itself."""
    async with served(text, BACKENDS) as weir:
        answers = [await weir.ask() for _ in range(requests)]
    return Counter(answer.backend or str(answer.status) for answer in answers)


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        ((ref("one"),), {"one": 20}),
        ((ref("one", 7),), {"one": 20}),
        ((ref("one"), ref("two")), {"one": 10, "two": 10}),
        ((ref("one", 3), ref("two", 1)), {"one": 15, "two": 5}),
        ((ref("one", 0), ref("two", 5)), {"two": 20}),
        ((ref("one", 0),), {"500": 20}),
        ((ref("one", 1), ref("none", 1)), {"one": 10, "500": 10}),
        ((ref("one", 3), ref("none", 1)), {"one": 15, "500": 5}),
        ((ref("one", 1), ref("none", 0)), {"one": 20}),
        ((ref("none"), ref("gone")), {"500": 20}),
        ((), {"500": 20}),
    ],
)
async def test_each_share_is_its_weight_and_what_does_not_resolve_gets_500(
    refs: tuple[Document, ...], expected: dict[str, int]
) -> None:
    """A weight left out is 1; of a share of 0 nothing is forwarded."""
    assert await shares(config(*refs), 20) == expected


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"name": "none"}, "BackendNotFound"),
        ({"group": "", "kind": "Service", "name": "none", "port": 80}, "BackendNotFound"),
        ({"group": "", "kind": "Service", "name": "web", "port": 81}, "BackendNotFound"),
        ({"group": "example.com", "kind": "Lambda"}, "InvalidKind"),
        ({"name": "one", "namespace": "vault"}, "RefNotPermitted"),
        ({"group": "", "kind": "Service", "name": "outside", "port": 80}, "UnsupportedProtocol"),
        ({"group": "", "kind": "Service", "name": "h2c", "port": 80}, "UnsupportedProtocol"),
    ],
)
async def test_a_reference_that_does_not_resolve_is_told_and_answered_with_500(target: Document, reason: str) -> None:
    """Also a Service of type ExternalName, which may lead anywhere."""
    more = (
        service(),
        service("outside", spec={"type": "ExternalName", "externalName": "a.example"}),
        service("h2c", {"port": 80, "appProtocol": "kubernetes.io/h2c"}),
        backend("one", namespace="vault"),
    )
    text = config({**ref("one"), **target}, more=more)
    found = Statuses(text).parent("a")
    assert (found["Accepted"], found["ResolvedRefs"]) == (("True", "Accepted"), ("False", reason))
    async with served(text, BACKENDS) as weir:
        assert (await weir.ask()).status == 500
        assert weir.heads == []


async def test_the_port_of_a_service_is_the_services_own_not_that_of_its_endpoints() -> None:
    to_web: Document = {"group": "", "kind": "Service", "name": "web", "port": 80}
    text = config(to_web, more=(service("web", {"port": 80, "targetPort": 9376}),))
    async with served(text, ["shop/web:80"]) as weir:
        assert (await weir.ask()).backend == "web:80"


async def test_a_backend_without_a_ready_endpoint_is_503_for_its_share() -> None:
    async with served(config(ref("one"), ref("two")), BACKENDS) as weir:
        weir.lead("shop/two")
        answers = [await weir.ask() for _ in range(10)]
    assert Counter(answer.backend or str(answer.status) for answer in answers) == {"one": 5, "503": 5}


async def silent(connection: EndpointConnection) -> None:
    await connection.head()
    await asyncio.sleep(60)


@pytest.mark.parametrize("timeouts", [{"request": "200ms"}, {"backendRequest": "200ms"}])
async def test_a_deadline_that_is_missed_is_a_timeout_error(timeouts: Document) -> None:
    async with ScriptedEndpoint(silent) as endpoint:
        slow = backend("slow", spec={"static": {"endpoints": [{"address": "127.0.0.1", "port": endpoint.port}]}})
        async with served(config(ref("slow"), more=(slow,), timeouts=timeouts), BACKENDS) as weir:
            weir.lead("shop/slow", endpoint.port)
            assert (await weir.ask()).status == 504


async def late(connection: EndpointConnection) -> None:
    await connection.head()
    await asyncio.sleep(0.4)
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def test_a_deadline_of_zero_is_none() -> None:
    async with ScriptedEndpoint(late) as endpoint:
        weir_spec = {"timeouts": {"request": "200ms", "backendRequest": "200ms"}}
        process = {"apiVersion": "weir.dev/v1", "kind": "Weir", "metadata": {"name": "w"}, "spec": weir_spec}
        off = {"request": "0s", "backendRequest": "0s"}
        text = config(ref("slow"), more=(backend("slow"), process), timeouts=off)
        async with served(text, BACKENDS) as weir:
            weir.lead("shop/slow", endpoint.port)
            assert (await weir.ask()).status == 200


def test_a_try_may_not_take_longer_than_the_whole() -> None:
    assert "backendRequest timeout cannot be longer" in refusal(
        config(ref("one"), timeouts={"request": "1s", "backendRequest": "2s"})
    )


def test_a_service_needs_its_port() -> None:
    assert "Must have port for Service reference" in refusal(config({"name": "web"}))
