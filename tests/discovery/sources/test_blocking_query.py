"""The question that is asked for ever; its dealings with wrong agents are tested with the sources that use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from config.resources.weir import ConsulAgent as AgentSettings
from discovery.sources.blocking_query import BlockingQuery
from discovery.sources.consul_agents import ConsulAgents, Reply
from discovery.sources.source import SourceFailed
from tests.support.endpoints import DiscoveryRuntime
from tests.support.scripted_consul import ScriptedConsul


def read(reply: Reply) -> str:
    if reply.body == b"bad":
        raise SourceFailed("rubbish", "bad")
    return f"{reply.status} {reply.body.decode()}"


@asynccontextmanager
async def asking(consul: ScriptedConsul, allowed: frozenset[int]) -> AsyncIterator[BlockingQuery[str]]:
    settings = AgentSettings.model_validate({"addresses": [consul.address]})
    agents = ConsulAgents(settings)
    runtime = DiscoveryRuntime()
    try:
        yield BlockingQuery(
            "a question",
            "/v1/kv/a b",
            [("recurse", "")],
            read,
            settings=settings,
            agents=agents,
            runtime=runtime,
            allowed=allowed,
        )
    finally:
        await agents.close()


def said(text: str, index: int, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, headers={"X-Consul-Index": str(index)})


async def taken(query: BlockingQuery[str], count: int) -> list[str]:
    values: list[str] = []
    async with asyncio.timeout(10):
        async for value in query.answers():
            values.append(value)
            if len(values) == count:
                return values
    raise AssertionError


async def test_gives_what_is_read_of_each_good_answer() -> None:
    script = [said("a", 5), said("bad", 6), said("b", 6, status=404), said("c", 7)]
    async with ScriptedConsul(*script) as consul, asking(consul, frozenset({200})) as query:
        assert await taken(query, 2) == ["200 a", "200 c"]
        assert query.tally.errors == {"rubbish": 1, "refused": 1}
        assert (query.tally.answers, query.tally.index) == (2, 7)
        assert [request.get("index") for request in consul.requests] == [None, "5", None, None]
        assert all(request["recurse"] == "" for request in consul.requests)


async def test_another_status_is_an_answer_where_it_is_allowed() -> None:
    async with ScriptedConsul(said("", 5, status=404)) as consul, asking(consul, frozenset({200, 404})) as query:
        assert await taken(query, 1) == ["404 "]
        assert query.tally.errors == {}


async def test_what_is_wanted_anew_after_an_answer_is_asked_of_the_leader_without_an_index() -> None:
    async with ScriptedConsul(said("a", 5), said("a", 5)) as consul, asking(consul, frozenset({200})) as query:
        answers = query.answers()
        await anext(answers)
        query.refresh()
        await anext(answers)
        await answers.aclose()
        assert [sorted(request) for request in consul.requests] == [["recurse"], ["consistent", "recurse"]]
