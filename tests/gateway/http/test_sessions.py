"""Sessions on the wire: they keep to their endpoint and backend, and go on elsewhere once these are gone."""

from __future__ import annotations

import pytest

from discovery.endpoint import EndpointSet
from tests.config.manifests import BACKEND_REF, Document, backend, gateway, route
from tests.support.served import Answer, Served, served, text_of
from tests.support.wire import EndpointConnection, Handler, ScriptedEndpoint, respond

COOKIE: Document = {"cookie": {"name": "sid"}}
HEADER: Document = {"type": "Header", "header": {"name": "x-session"}}
BACKENDS = ("shop/one", "shop/two", "shop/three")


def config(persistence: Document, *refs: Document) -> str:
    rule: Document = {"backendRefs": list(refs) or [{**BACKEND_REF, "name": "one"}], "sessionPersistence": persistence}
    return text_of(gateway(), *(backend(name.partition("/")[2]) for name in BACKENDS), route("r", rule))


def gather(weir: Served) -> None:
    """All three endpoints are those of backend `one`."""
    ports = [each.view.endpoints[0].port for name in BACKENDS for each in [weir.service.backends[name].backend]]
    weir.lead("shop/one", *ports)


def cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


async def test_requests_of_a_session_go_to_one_endpoint() -> None:
    async with served(config(COOKIE), BACKENDS) as weir:
        gather(weir)
        firsts = [await weir.ask() for _ in range(3)]
        assert {answer.backend for answer in firsts} == {"one", "two", "three"}
        for first in firsts:
            found = [await weir.ask("/", f"Cookie: {cookie(first)}") for _ in range(6)]
            assert {answer.backend for answer in found} == {first.backend}
            assert not any("set-cookie" in answer.headers for answer in found)


async def test_or_by_header() -> None:
    async with served(config(HEADER), BACKENDS) as weir:
        gather(weir)
        first = await weir.ask()
        found = [await weir.ask("/", f"X-Session: {first.headers['x-session']}") for _ in range(6)]
        assert {answer.backend for answer in found} == {first.backend}


async def test_a_cookie_without_a_name_is_the_rules_own() -> None:
    async with served(config({"cookie": {}}), BACKENDS) as weir:
        name = cookie(await weir.ask()).partition("=")[0]
        assert name.startswith("weir-")
        assert len(name) == 21


async def test_a_session_goes_on_elsewhere_once_its_endpoint_has_left_and_stays_there() -> None:
    async with served(config(COOKIE), BACKENDS) as weir:
        gather(weir)
        first = await weir.ask()
        view = weir.service.backends["shop/one"].backend.view
        home = next(each for each in view.endpoints if each.id in first_id(weir, first))
        left = tuple(each for each in view.endpoints if each is not home)
        weir.service.apply_endpoints(EndpointSet("shop/one", left, "static", 0.0))
        moved = await weir.ask("/", f"Cookie: {cookie(first)}")
        assert moved.backend != first.backend
        found = [await weir.ask("/", f"Cookie: {cookie(moved)}") for _ in range(4)]
        assert {answer.backend for answer in found} == {moved.backend}


async def test_a_session_goes_on_elsewhere_once_its_endpoint_refuses_connections() -> None:
    def saying(name: bytes) -> Handler:
        async def script(connection: EndpointConnection) -> None:
            await connection.head()
            connection.send(respond(name, extra=b"Connection: close\r\n"))

        return script

    async with served(config(COOKIE), ()) as weir, ScriptedEndpoint(saying(b"second")) as second:
        async with ScriptedEndpoint(saying(b"first")) as first:
            weir.lead("shop/one", first.port)
            kept = cookie(await weir.ask())
            weir.lead("shop/one", first.port, second.port)
            assert [(await weir.ask("/", f"Cookie: {kept}")).body for _ in range(4)] == [b"first"] * 4
        moved = await weir.ask("/", f"Cookie: {kept}")
        assert (moved.status, moved.body) == (200, b"second")
        assert cookie(moved) != kept


@pytest.mark.parametrize("weights", [(1, 1), (9, 1)])
async def test_a_session_keeps_to_its_side_of_a_split(weights: tuple[int, int]) -> None:
    refs = [
        {**BACKEND_REF, "name": name, "weight": weight} for name, weight in zip(("one", "two"), weights, strict=True)
    ]
    async with served(config(COOKIE, *refs), BACKENDS) as weir:
        seen: dict[str, str] = {}
        for _ in range(20):
            first = await weir.ask()
            seen.setdefault(first.backend, cookie(first))
        assert seen.keys() == {"one", "two"}
        for name, kept in seen.items():
            assert {(await weir.ask("/", f"Cookie: {kept}")).backend for _ in range(8)} == {name}


async def test_a_token_that_somebody_made_up_is_no_session() -> None:
    async with served(config(COOKIE), BACKENDS) as weir:
        gather(weir)
        found = [await weir.ask("/", "Cookie: sid=MTI3LjAuMC4xOjgw") for _ in range(6)]
        assert {answer.backend for answer in found} == {"one", "two", "three"}
        assert all("set-cookie" in answer.headers for answer in found)


def first_id(weir: Served, answer: Answer) -> set[str]:
    """The id of the endpoint that answered, by whom the backend of that name was."""
    port = weir.service.backends[f"shop/{answer.backend}"].backend.view.endpoints[0].port
    return {each.id for each in weir.service.backends["shop/one"].backend.view.endpoints if each.port == port}
