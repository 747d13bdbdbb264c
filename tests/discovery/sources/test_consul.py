"""The blocking query: against answers of every wrong kind, and against a real agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web

from config.resources.backend import ConsulSource
from config.resources.weir import ConsulAgent as AgentSettings
from discovery.sources.consul import ConsulService
from discovery.sources.consul_agents import ConsulAgents
from tests.support.consul_agent import ConsulAgent
from tests.support.endpoints import Collected, DiscoveryRuntime
from tests.support.scripted_consul import ScriptedConsul, answer, instance


@dataclass
class Following:
    """A running source and what it published."""

    source: ConsulService
    got: Collected


@asynccontextmanager
async def following(
    *addresses: str, wait: str = "60s", timeout_text: str = "5s", **query: object
) -> AsyncIterator[Following]:
    """Follow service `orders` at these agents."""
    settings = AgentSettings.model_validate({"addresses": list(addresses), "wait": wait, "timeout": timeout_text})
    agents = ConsulAgents(settings)
    runtime = DiscoveryRuntime()
    spec = ConsulSource.model_validate({"service": "orders", **query})
    source = ConsulService(spec, settings, agents, runtime)
    got = Collected()
    runtime.spawn(source.run(got), name="source")
    try:
        yield Following(source, got)
    finally:
        await runtime.close()
        await agents.close()


async def hang(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    """Close the connection in the middle of the body."""
    response = web.StreamResponse(headers={"X-Consul-Index": "9", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'[{"Node":')
    assert request.transport is not None
    request.transport.close()
    return response


WRONG: dict[str, tuple[web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]], str]] = {
    "500": (web.Response(status=500, text="No cluster leader"), "server_error"),
    "403": (web.Response(status=403, text="Permission denied"), "denied"),
    "400": (web.Response(status=400, text="bad filter"), "refused"),
    "redirect": (web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "refused"),
    "no JSON": (web.Response(text="<html>", headers={"X-Consul-Index": "9"}), "rubbish"),
    "null": (web.Response(text="null", headers={"X-Consul-Index": "9"}), "rubbish"),
    "an object": (web.Response(text="{}", headers={"X-Consul-Index": "9"}), "rubbish"),
    "rows of rubbish": (web.Response(text='[{"Node":1}]', headers={"X-Consul-Index": "9"}), "rubbish"),
    "nothing": (web.Response(text="", headers={"X-Consul-Index": "9"}), "rubbish"),
    "hidden by the token": (answer([], 9, {"X-Consul-Results-Filtered-By-ACLs": "true"}), "denied"),
    "no index": (web.Response(text="[]"), "no_index"),
    "index no number": (answer([], "abc"), "no_index"),
    "negative index": (answer([], -4), "no_index"),
    "cut short": (cut, "connect"),
}


@pytest.mark.parametrize(("wrong", "reason"), WRONG.values(), ids=WRONG.keys())
async def test_wrong_answer_keeps_the_last_and_is_asked_again(
    wrong: web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]], reason: str
) -> None:
    async with (
        ScriptedConsul(answer([instance("a")], 5), wrong, answer([instance("a"), instance("b")], 6)) as consul,
        following(consul.address) as it,
    ):
        await it.got.until(lambda: len(it.got.answers) == 2)
        assert it.got.ids() == ["n1/a", "n1/b"]
        assert it.source.tally.errors == {reason: 1}
        assert "index" not in consul.requests[2], "after an error the answer must come at once"
        assert it.source.tally.last_error == ""


async def test_agent_that_drops_connections_keeps_the_last() -> None:
    """Twice, as aiohttp itself asks again once where a kept connection is dropped."""
    script = [answer([instance("a")], 5), drop, drop, answer([instance("b")], 6)]
    async with ScriptedConsul(*script) as consul, following(consul.address) as it:
        await it.got.until(lambda: it.got.ids() == ["n1/b"])
        assert it.source.tally.errors == {"connect": 1}
        assert len(it.got.answers) == 2


async def test_agent_that_hangs_is_given_up_after_the_timeout() -> None:
    async with (
        ScriptedConsul(hang, answer([instance("a")], 5)) as consul,
        following(consul.address, timeout_text="100ms") as it,
    ):
        await it.got.until(lambda: it.got.ids() == ["n1/a"])
        assert it.source.tally.errors == {"timeout": 1}


async def test_next_agent_is_asked_at_once() -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as live:
        async with ScriptedConsul() as gone:
            dead = gone.address
        async with following(dead, live.address) as it:
            await it.got.until(lambda: it.got.ids() == ["n1/a"])
            assert it.source.tally.errors == {"connect": 1}
            assert it.source.tally.queries == 2


async def test_question_carries_what_the_backend_asks() -> None:
    async with (
        ScriptedConsul(answer([instance("a")], 5)) as consul,
        following(
            consul.address,
            datacenter="dc2",
            namespace="team",
            tags=["primary"],
            filter='Service.Meta.x == "1"',
            near="_agent",
            stale=False,
        ) as it,
    ):
        await it.got.until(lambda: bool(it.got.answers))
        await consul.until_asked(2)
        asked = {
            "dc": "dc2",
            "ns": "team",
            "tag": "primary",
            "filter": 'Service.Meta.x == "1"',
            "near": "_agent",
            "passing": "1",
        }
        assert consul.requests[0] == asked
        wait_ms = int(consul.requests[1]["wait"].removesuffix("ms"))
        assert 54_000 <= wait_ms <= 60_000
        assert consul.requests[1] == asked | {"index": "5", "wait": f"{wait_ms}ms"}


async def test_index_that_goes_back_begins_anew_and_is_not_believed_unasked() -> None:
    async with (
        ScriptedConsul(
            answer([instance("a")], 50), answer([], 7), answer([instance("b")], 7), answer([instance("c")], 8)
        ) as consul,
        following(consul.address) as it,
    ):
        await it.got.until(lambda: it.got.ids() == ["n1/c"])
        await consul.until_asked(4)
        assert [request.get("index") for request in consul.requests[:4]] == [None, "50", None, "7"]
        assert "consistent" in consul.requests[2]
        assert len(it.got.answers) == 3


async def test_index_zero_is_never_asked() -> None:
    async with ScriptedConsul(answer([instance("a")], 0)) as consul, following(consul.address):
        await consul.until_asked(2)
        assert consul.requests[1]["index"] == "1"


@pytest.mark.parametrize("headers", [{"X-Consul-LastContact": "60000"}, {"X-Consul-KnownLeader": "false"}])
async def test_answer_too_far_behind_is_asked_of_the_leader(headers: dict[str, str]) -> None:
    async with (
        ScriptedConsul(
            answer([instance("old")], 5, headers), answer([instance("new")], 6, {"X-Consul-LastContact": "0"})
        ) as consul,
        following(consul.address) as it,
    ):
        await it.got.until(lambda: bool(it.got.answers))
        assert it.got.ids() == ["n1/new"]
        assert ["stale" in request for request in consul.requests[:2]] == [True, False]
        assert "consistent" in consul.requests[1]
        assert it.source.tally.errors == {"stale": 1}


async def test_refresh_asks_the_leader_at_once_and_publishes_the_same_again() -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul, following(consul.address) as it:
        await consul.until_asked(2)
        it.source.refresh()
        consul.add(hang, answer([instance("a")], 5))
        await it.got.until(lambda: len(it.got.answers) == 2)
        assert "consistent" in consul.requests[2]
        assert "index" not in consul.requests[2]


async def test_server_that_does_not_block_is_asked_at_a_pace() -> None:
    async def at_once(request: web.Request) -> web.StreamResponse:
        return answer([instance("a")], 5)

    async with ScriptedConsul(*[at_once] * 1000) as consul, following(consul.address) as it:
        await consul.until_asked(25)
        began_s = asyncio.get_running_loop().time()
        await consul.until_asked(27)
        assert asyncio.get_running_loop().time() - began_s > 0.2
        assert it.source.tally.errors == {}


async def test_real_agent_one_query_per_change(consul_agent: ConsulAgent) -> None:
    consul_agent.register("orders", 9000)
    async with following(consul_agent.address) as it:
        await it.got.until(lambda: len(it.got.ids()) == 1)
        for number in range(1, 21):
            await asyncio.to_thread(consul_agent.register, "orders", 9000 + number)
            await it.got.until(lambda number=number: len(it.got.ids()) == number + 1)
        # The first question, and at most two answers for each registration: service and checks may come apart.
        assert it.source.tally.queries <= 2 + 2 * 20
        await asyncio.to_thread(consul_agent.deregister, "orders-9001")
        await it.got.until(lambda: len(it.got.ids()) == 20)


async def test_real_agent_maintenance_and_critical_are_out_and_warnings_weigh_less(consul_agent: ConsulAgent) -> None:
    weights = {"Passing": 10, "Warning": 2}
    check = {"CheckID": "own", "TTL": "1h", "Status": "passing"}
    consul_agent.register("orders", 9000, weights=weights, check=check)
    consul_agent.register("orders", 9001)
    async with following(consul_agent.address, onlyPassing=False) as it:

        def weight() -> int | None:
            found = {member.port: member.weight for member in it.got.answers[-1].endpoints("")}
            return found.get(9000) if it.got.answers else None

        await it.got.until(lambda: bool(it.got.answers) and weight() == 10)
        await asyncio.to_thread(consul_agent.put, "/v1/agent/check/warn/own", None)
        await it.got.until(lambda: weight() == 2)
        await asyncio.to_thread(consul_agent.put, "/v1/agent/check/fail/own", None)
        await it.got.until(lambda: weight() is None)
        await asyncio.to_thread(consul_agent.put, "/v1/agent/check/pass/own", None)
        await it.got.until(lambda: weight() == 10)
        await asyncio.to_thread(consul_agent.put, "/v1/agent/service/maintenance/orders-9000?enable=true", None)
        await it.got.until(lambda: weight() is None)
        await asyncio.to_thread(consul_agent.put, "/v1/agent/service/maintenance/orders-9000?enable=false", None)
        await it.got.until(lambda: weight() == 10)


async def test_real_agent_killed_and_restarted_is_followed_again(consul_agent: ConsulAgent) -> None:
    """In dev mode it comes back empty and its index begins again: the change must still be seen."""
    for number in range(5):
        consul_agent.register("orders", 9000 + number)
    async with following(consul_agent.address) as it:
        await it.got.until(lambda: len(it.got.ids()) == 5)
        index = it.source.tally.index
        await asyncio.to_thread(consul_agent.kill)
        await it.got.until(lambda: True)
        await asyncio.to_thread(consul_agent.restart)
        await asyncio.to_thread(consul_agent.register, "orders", 9100)
        await it.got.until(lambda: len(it.got.ids()) == 1, 30.0)
        assert it.got.ids()[0].endswith("orders-9100")
        assert it.source.tally.errors["connect"] >= 1
        assert index > 0
