"""Balancers from YAML to the wire: keys keep clients at their endpoints, slow and failing endpoints get little."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from discovery.endpoint import Endpoint, EndpointSet
from gateway.policy_world import compile_condition
from gateway.telemetry import metrics
from tests.support.data_path import Gateway, gateway
from tests.support.waiting import until
from tests.support.weir_process import Spec, WeirProcess, resource, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond
from tools.running import free_ports


@dataclass
class Fleet:
    """Endpoints that answer with their number, each as `scripts` says, behind one gateway."""

    weir: Gateway
    ports: list[int] = field(default_factory=list)
    asked: Counter[int] = field(default_factory=Counter)
    slow_s: dict[int, float] = field(default_factory=dict)
    status: dict[int, bytes] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """Requests for /hold are answered once it is set."""

    def handler(self, number: int) -> Callable[[EndpointConnection], object]:
        async def handle(connection: EndpointConnection) -> None:
            while True:
                head = await connection.head()
                self.asked[number] += 1
                self.news.set()
                if b" /hold" in head:
                    await self.hold.wait()
                await asyncio.sleep(self.slow_s.get(number, 0.0))
                connection.send(respond(str(number).encode(), status=self.status.get(number, b"200 OK")))

        return handle

    async def load(self, policy: Spec, *more: Spec, **endpoint: object) -> None:
        """Serve under this BackendPolicy."""
        members = [{"address": "127.0.0.1", "port": port, **endpoint} for port in self.ports]
        target = [{"group": "weir.dev", "kind": "Backend", "name": "b"}]
        made = [
            resource("Backend", "b", {"static": {"endpoints": members}}),
            route_to("b"),
            resource("BackendPolicy", "b", {"targetRefs": target, **policy}),
            *more,
        ]
        await self.weir.load("\n---\n".join(json.dumps(each) for each in made))

    def tell(self, unhealthy: Collection[int], zones: Mapping[int, str] | None = None, leave: int = 0) -> None:
        """What discovery might say next: so many of the last endpoints are not there, some of the others are unwell."""
        members = [
            Endpoint(
                f"127.0.0.1:{port}",
                "127.0.0.1",
                port,
                zone=(zones or {}).get(number, ""),
                healthy=number not in unhealthy,
            )
            for number, port in enumerate(self.ports[: len(self.ports) - leave])
        ]
        self.weir.service.apply_endpoints(EndpointSet("default/b", tuple(members), "static", 0.0))

    async def answers(self, count: int = 24) -> Counter[str]:
        """Who answered how many of so many requests."""
        return Counter([await self.who() for _ in range(count)])

    async def ask(self, target: str = "/", *lines: str) -> tuple[int, Mapping[bytes, bytes], str]:
        """Status, fields and body of one answer, over a connection of its own."""
        client = await RawClient.connect(self.weir.port)
        try:
            head = "\r\n".join([f"GET {target} HTTP/1.1", "Host: a.example", *lines, "", ""])
            status, fields, body = await client.ask(head.encode())
        finally:
            client.close()
        return status, fields, body.decode()

    async def who(self, target: str = "/", *lines: str) -> str:
        """Which endpoint answers."""
        return (await self.ask(target, *lines))[2]


@asynccontextmanager
async def fleet(count: int) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        weir = await stack.enter_async_context(gateway(None, condition=compile_condition))
        made = Fleet(weir)
        for number in range(count):
            endpoint = await stack.enter_async_context(ScriptedEndpoint(made.handler(number)))  # type: ignore[arg-type]
            made.ports.append(endpoint.port)
        yield made


def balanced(kind: str, **more: object) -> Spec:
    return {"loadBalancer": {"type": kind, **more}}


@pytest.mark.parametrize("kind", ["RingHash", "Maglev"])
async def test_a_client_stays_at_its_endpoint_by_the_first_key_that_it_has(kind: str) -> None:
    async with fleet(4) as made:
        await made.load(balanced(kind, hashOn=[{"header": "x-user"}, {"query": "user"}, {"path": True}]))
        homes = {user: await made.who("/", f"X-User: {user}") for user in map(str, range(24))}
        assert len(set(homes.values())) == 4
        for user, home in homes.items():
            assert await made.who("/else", f"X-User: {user}") == home
            assert await made.who(f"/more?user={user}") == home
        assert len({await made.who("/same") for _ in range(4)}) == 1


@pytest.mark.parametrize("kind", ["RingHash", "Maglev"])
async def test_without_a_word_on_keys_the_clients_address_is_hashed(kind: str) -> None:
    async with fleet(4) as made:
        await made.load(balanced(kind))
        assert len({await made.who(f"/{number}") for number in range(8)}) == 1


async def test_a_request_without_the_key_goes_anywhere() -> None:
    async with fleet(3) as made:
        await made.load(balanced("Maglev", hashOn=[{"header": "x-user"}]))
        assert len({await made.who() for _ in range(30)}) == 3


async def test_a_client_without_the_cookie_is_given_it_and_comes_back_to_the_same_endpoint() -> None:
    async with fleet(4) as made:
        await made.load(balanced("RingHash", hashOn=[{"cookie": {"name": "home", "ttl": "1h"}}]))
        seen = set()
        for _ in range(12):
            _, fields, home = await made.ask()
            cookie, _, rest = fields[b"set-cookie"].decode().partition(";")
            assert cookie.startswith("home=") and "Max-Age=3600" in rest
            _, fields, again = await made.ask("/", f"Cookie: {cookie}")
            assert again == home and b"set-cookie" not in fields
            seen.add(home)
        assert len(seen) > 1


async def test_a_tag_that_a_policy_sets_is_a_key() -> None:
    async with fleet(4) as made:
        target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}
        tags = [{"name": "tenant", "valueFrom": {"header": "x-tenant"}}]
        policy = resource("TrafficPolicy", "t", {"targetRefs": [target], "tags": tags})
        await made.load(balanced("Maglev", hashOn=[{"tag": "tenant"}]), policy)
        homes = {name: await made.who("/", f"X-Tenant: {name}") for name in "abcdefghijkl"}
        assert len(set(homes.values())) > 2
        for name, home in homes.items():
            assert await made.who("/again", f"X-Tenant: {name}") == home


async def test_when_the_endpoint_of_a_key_is_gone_its_clients_agree_on_another_one() -> None:
    async with fleet(4) as made:
        await made.load(balanced("Maglev", hashOn=[{"header": "x-user"}]))
        homes = {user: await made.who("/", f"X-User: {user}") for user in map(str, range(20))}
        gone = made.ports.pop()
        await made.load(balanced("Maglev", hashOn=[{"header": "x-user"}]))
        assert gone
        for user, home in homes.items():
            now = await made.who("/", f"X-User: {user}")
            assert now == await made.who("/", f"X-User: {user}")
            assert now != "3"
            if home != "3":
                assert now == home


async def test_bounded_load_sends_a_hot_key_on_and_back() -> None:
    async with fleet(4) as made:
        await made.load(balanced("RingHash", hashOn=[{"header": "x-user"}], hashBalanceFactor=150))
        home = await made.who("/", "X-User: hot")
        made.asked.clear()
        held = [asyncio.create_task(made.who("/hold", "X-User: hot")) for _ in range(8)]
        while made.asked.total() < 8:
            made.news.clear()
            await made.news.wait()
        # Of eight at once, none has more than half as much again as its quarter.
        assert max(made.asked.values()) <= 3
        made.hold.set()
        await asyncio.gather(*held)
        assert await made.who("/", "X-User: hot") == home


async def test_a_slow_endpoint_gets_little_by_peak_ewma() -> None:
    async with fleet(3) as made:
        await made.load(balanced("PeakEwma"))
        made.slow_s[0] = 0.3
        for _ in range(30):
            await made.who()
        assert made.asked[0] <= 2


async def test_an_endpoint_that_refuses_at_once_is_not_the_fastest() -> None:
    async with fleet(3) as made:
        await made.load(balanced("PeakEwma"))
        made.status[0] = b"503 Not Now"
        for number in (1, 2):
            made.slow_s[number] = 0.01
        answers = Counter([(await made.ask())[0] for _ in range(30)])
        assert answers[503] <= 2


async def test_a_changed_decay_keeps_what_is_known_of_endpoints() -> None:
    async with fleet(2) as made:
        await made.load(balanced("PeakEwma"))
        made.slow_s[0] = 0.3
        for _ in range(4):
            await made.who()
        made.asked.clear()
        await made.load(balanced("PeakEwma", decay="60s"))
        assert {await made.who() for _ in range(6)} == {"1"}


KINDS = ["RoundRobin", "LeastRequest", "PeakEwma", "Random", "RingHash", "Maglev"]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unhealthy_endpoint_gets_nothing_until_most_are(kind: str) -> None:
    async with fleet(3) as made:
        await made.load(balanced(kind, hashOn=[{"query": "none"}]))
        made.tell({1})
        assert set(await made.answers()) == {"0", "2"}
        assert made.weir.count(metrics.PANIC_REQUESTS) == 0
        made.tell({0, 1})
        assert "1" in await made.answers()
        assert made.weir.count(metrics.PANIC_REQUESTS) == 24


async def test_without_panic_a_backend_with_no_healthy_endpoint_is_none() -> None:
    async with fleet(2) as made:
        await made.load({"panicThreshold": 0})
        made.tell({0, 1})
        assert (await made.ask())[0] == 503
        made.tell({0})
        assert set(await made.answers(6)) == {"1"}


async def test_the_own_zone_is_preferred_and_spills_as_its_endpoints_fail() -> None:
    zones = {0: "east", 1: "east", 2: "west", 3: "west"}
    async with fleet(4) as made:
        await made.load({"locality": {"zone": "east"}, "panicThreshold": 30})
        made.tell((), zones)
        assert set(await made.answers()) == {"0", "1"}
        made.tell({0}, zones)
        # One of two is well: it keeps seven tenths.
        answers = await made.answers(100)
        assert set(answers) == {"1", "2", "3"}
        assert 50 <= answers["1"] <= 88
        made.tell({0, 1}, zones)
        assert set(await made.answers()) == {"2", "3"}
        await made.load({"locality": {"mode": "Off", "zone": "east"}})
        made.tell((), zones)
        assert set(await made.answers()) == {"0", "1", "2", "3"}


async def test_a_zone_that_cannot_be_reached_is_left_for_another() -> None:
    zones = {0: "east", 1: "west"}
    async with fleet(2) as made:
        await made.load({"locality": {"zone": "east"}})
        (made.ports[0],) = free_ports(1)
        made.tell((), zones)
        assert set(await made.answers(4)) == {"1"}


async def test_a_new_endpoint_starts_slowly_until_its_window_is_over() -> None:
    async with fleet(3) as made:
        await made.load({"slowStart": {"window": "1s", "minWeightPercent": 10}})
        made.tell((), leave=1)
        made.tell(())
        first = await made.answers(21)
        assert first["2"] <= 4
        backend = made.weir.service.backends["default/b"].backend
        made.weir.clock.ahead_s = 2.0
        await until(lambda: not backend.growth_step_ns)
        assert set((await made.answers(21)).values()) == {7}


async def test_one_gateway_uses_a_subset_of_the_endpoints() -> None:
    async with fleet(4) as made:
        await made.load({"subset": {"maxEndpoints": 2}})
        used = set(await made.answers())
        assert len(used) == 2
        made.tell({int(min(used))})
        assert len(set(await made.answers()) - {min(used)}) == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["LeastRequest", "PeakEwma"])
async def test_workers_do_not_send_to_the_same_endpoint_while_another_is_idle(kind: str, tmp_path: Path) -> None:
    """Requests that hang, one after the other: two workers that knew their own alone would meet at some endpoint."""
    count = 16
    async with AsyncExitStack() as stack:
        made = Fleet(cast("Gateway", None))
        for number in range(count):
            endpoint = await stack.enter_async_context(ScriptedEndpoint(made.handler(number)))  # type: ignore[arg-type]
            made.ports.append(endpoint.port)
        target = [{"group": "weir.dev", "kind": "Backend", "name": "b"}]
        policy = {"targetRefs": target, **balanced(kind, choices=16)}
        weir = WeirProcess(
            tmp_path, static_backend("b", *made.ports), route_to("b"), resource("BackendPolicy", "b", policy), workers=2
        )
        try:
            await asyncio.to_thread(lambda: weir.start().wait_ready())
            clients = [await stack.enter_async_context(closing(weir.port)) for _ in range(count)]
            for number, client in enumerate(clients):
                client.send(b"GET /hold HTTP/1.1\r\nHost: a.example\r\n\r\n")
                while made.asked.total() <= number:
                    made.news.clear()
                    await made.news.wait()
            assert set(made.asked.values()) == {1}
            assert len(made.asked) == count
            made.hold.set()
            for client in clients:
                assert (await client.answer())[0] == 200
        finally:
            await asyncio.to_thread(weir.close)


@pytest.mark.slow
async def test_a_process_knows_its_zone_and_its_number_by_its_environment(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        made = Fleet(cast("Gateway", None))
        for number in range(4):
            endpoint = await stack.enter_async_context(ScriptedEndpoint(made.handler(number)))  # type: ignore[arg-type]
            made.ports.append(endpoint.port)
        members = [
            {"address": "127.0.0.1", "port": port, "zone": zone}
            for port, zone in zip(made.ports, ("east", "east", "west", "west"), strict=True)
        ]
        target = [{"group": "weir.dev", "kind": "Backend", "name": "b"}]
        policy = {"targetRefs": target, "locality": {}, "subset": {"maxEndpoints": 1}}
        resources = (
            resource("Backend", "b", {"static": {"endpoints": members}}),
            route_to("b"),
            resource("BackendPolicy", "b", policy),
        )
        used = {}
        for ordinal in ("0", "1"):
            folder = tmp_path / ordinal
            folder.mkdir()
            weir = WeirProcess(folder, *resources, environment={"WEIR_ZONE": "east", "WEIR_ORDINAL": ordinal})
            try:
                await asyncio.to_thread(lambda weir=weir: weir.start().wait_ready())
                made.asked.clear()
                client = await stack.enter_async_context(closing(weir.port))
                for _ in range(6):
                    assert (await client.ask(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"))[0] == 200
                used[ordinal] = set(made.asked)
            finally:
                await asyncio.to_thread(weir.close)
        # Two gateways with a subset of one each share the two endpoints of their zone.
        assert sorted(map(sorted, used.values())) == [[0], [1]]


@asynccontextmanager
async def closing(port: int) -> AsyncIterator[RawClient]:
    client = await RawClient.connect(port)
    try:
        yield client
    finally:
        client.close()
