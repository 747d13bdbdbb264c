"""Tests of resources in Consul's KV store: what answers mean, wrong agents by script, and a real agent."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
import pytest
from aiohttp import web

from config.resources.weir import WeirSpec
from config.sources.consul_kv import ConsulKvSource, Texts, folder, read_keys
from config.sources.text import SourceText
from gateway.kv_source import kv_source
from tests.support.consul_agent import ConsulAgent
from tests.support.endpoints import DiscoveryRuntime
from tests.support.scripted_consul import Handler, ScriptedConsul

LIMIT_S = 20.0
GONE = {"X-Consul-Index": "9"}


def rows(**keys: str | None) -> bytes:
    return orjson.dumps(
        [
            {"Key": f"weir/{key}", "Value": None if text is None else base64.b64encode(text.encode()).decode()}
            for key, text in keys.items()
        ]
    )


def keys(index: int, **texts: str | None) -> web.Response:
    if not texts:
        return web.Response(status=404, headers={"X-Consul-Index": str(index)})
    return web.Response(body=rows(**texts), headers={"X-Consul-Index": str(index)})


def by_key(source: ConsulKvSource) -> dict[str, str]:
    return {text.name: text.data.decode() for text in source.read().texts}


def test_a_prefix_is_a_folder() -> None:
    assert [folder(prefix) for prefix in ("weir", "/weir/prod/", "weir/", "/")] == ["weir/", "weir/prod/", "weir/", ""]


def test_reads_values_by_key_and_leaves_folders_out() -> None:
    body = orjson.dumps(
        [
            {"Key": "weir/b", "Value": "a2luZDogQgo="},
            {"Key": "weir/a/", "Value": None},
            {"Key": "weir/a/é.yaml", "Value": None},
        ]
    )
    assert read_keys("weir/", 200, body) == (
        SourceText("consul:weir/a/é.yaml", b""),
        SourceText("consul:weir/b", b"kind: B\n"),
    )


def test_a_prefix_without_a_key_has_no_texts() -> None:
    assert read_keys("weir/", 404, b"") == ()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"404 page not found"),
        (200, b""),
        (200, b"<html>"),
        (200, b"null"),
        (200, b"[]"),
        (200, b"[1]"),
        (200, b'[{"Key":"weir/a"'),
        (200, b'[{"Key":1,"Value":null}]'),
        (200, b'[{"Key":"weir/a","Value":7}]'),
        (200, b'[{"Key":"weir/a","Value":"%%%"}]'),
        (200, b'[{"Key":"weir/a","Value":"YQ"}]'),
        (200, b'[{"Key":"other/a","Value":"YQ=="}]'),
    ],
)
def test_rubbish_is_no_answer(status: int, body: bytes) -> None:
    with pytest.raises(ValueError):
        read_keys("weir/", status, body)


class FakeQuestion:
    """Gives the answers that the test puts."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Texts] = asyncio.Queue()
        self.refreshes = 0
        self.refreshed = asyncio.Event()

    async def answers(self) -> AsyncGenerator[Texts, None]:
        while True:
            yield await self.queue.get()
            self.queue.task_done()

    def refresh(self) -> None:
        self.refreshes += 1
        self.refreshed.set()

    async def answer(self, *texts: SourceText) -> None:
        """Give an answer, and wait until it was taken."""
        self.queue.put_nowait(texts)
        await self.queue.join()


A = SourceText("consul:weir/a", b"a")


@dataclass
class Followed:
    source: ConsulKvSource
    seen: list[dict[str, str]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def collect(self) -> None:
        async for _ in self.source:
            self.seen.append(by_key(self.source))
            self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not holds():
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def followed(source: ConsulKvSource) -> AsyncIterator[Followed]:
    it = Followed(source)
    task = asyncio.create_task(it.collect())
    try:
        yield it
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_an_equal_answer_is_no_change_but_the_first_is() -> None:
    question = FakeQuestion()
    async with followed(ConsulKvSource("weir/", question, confirm_after_s=0, known=(A,))) as it:
        assert (it.source.read().texts, it.source.answered) == ((A,), False)
        for _ in range(3):
            await question.answer(A)
        assert (it.seen, it.source.answered) == ([{A.name: "a"}], True)


async def test_no_keys_where_there_were_some_are_believed_when_they_are_confirmed() -> None:
    question = FakeQuestion()
    async with followed(ConsulKvSource("weir/", question, confirm_after_s=0.02)) as it:
        await question.answer(A)
        await question.answer()
        assert it.seen == [{A.name: "a"}]
        await question.refreshed.wait()
        await question.answer()
        assert (it.seen, question.refreshes) == ([{A.name: "a"}, {}], 1)
        assert [(each.severity, each.message) for each in it.source.read().problems] == [
            ("warning", "there is no key under this prefix")
        ]
        await question.answer()
        await question.answer(A)
        assert it.seen[2:] == [{A.name: "a"}]


async def test_no_keys_are_not_confirmed_before_the_time() -> None:
    question = FakeQuestion()
    async with followed(ConsulKvSource("weir/", question, confirm_after_s=3600, known=(A,))) as it:
        for _ in range(3):
            await question.answer()
        assert (by_key(it.source), it.source.answered, it.seen) == ({A.name: "a"}, False, [])
        await question.answer(A)
        assert (it.source.answered, question.refreshes) == (True, 0)


async def test_a_first_answer_without_keys_is_asked_again_at_once() -> None:
    question = FakeQuestion()
    async with followed(ConsulKvSource("weir/", question, confirm_after_s=3600)) as it:
        await question.answer()
        assert not it.source.answered
        await question.refreshed.wait()
        await question.answer()
        assert (it.source.answered, it.seen) == (True, [{}])


async def test_a_first_answer_is_waited_for_only_so_long() -> None:
    question = FakeQuestion()
    source = ConsulKvSource("weir/", question, confirm_after_s=0)
    assert not await source.first_answer(0.01)
    async with followed(source):
        question.queue.put_nowait((A,))
        assert await source.first_answer(LIMIT_S)


@asynccontextmanager
async def following(*addresses: str, confirm: str = "0s", **consul: object) -> AsyncIterator[Followed]:
    process = WeirSpec.model_validate(
        {
            "consul": {"addresses": list(addresses), "kvPrefix": "weir", **consul},
            "discovery": {"emptyProtection": {"confirmAfter": confirm}},
        }
    )
    source = kv_source(process, (), DiscoveryRuntime())
    assert source is not None
    try:
        async with followed(source) as it:
            yield it
    finally:
        await source.close()


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


WRONG: Mapping[str, web.Response | Handler] = {
    "500": web.Response(status=500, text="No cluster leader"),
    "403": web.Response(status=403, text="Permission denied"),
    "rubbish": web.Response(text="<html>", headers=GONE),
    "another server's 404": web.Response(status=404, text="not found"),
    "nothing": web.Response(text="", headers=GONE),
    "hidden by the token": web.Response(status=404, headers=GONE | {"X-Consul-Results-Filtered-By-ACLs": "true"}),
    "hangs": hang,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_answer_keeps_the_last_texts_and_is_asked_again(wrong: web.Response | Handler) -> None:
    async with (
        ScriptedConsul(keys(5, a="1"), wrong, keys(6, a="2")) as consul,
        following(consul.address, timeout="100ms", wait="1s") as it,
    ):
        await it.until(lambda: len(it.seen) == 2)
        assert it.seen == [{"consul:weir/a": "1"}, {"consul:weir/a": "2"}]
        assert "index" not in consul.requests[2]


async def test_an_empty_answer_is_asked_again_of_the_leader() -> None:
    async with (
        ScriptedConsul(keys(5, a="1"), keys(6), keys(7, a="1"), keys(8, a="2")) as consul,
        following(consul.address) as it,
    ):
        await it.until(lambda: len(it.seen) == 2)
        assert it.seen == [{"consul:weir/a": "1"}, {"consul:weir/a": "2"}]
        assert "consistent" in consul.requests[2] and "index" not in consul.requests[2]


async def test_the_next_agent_is_asked_and_told_the_token() -> None:
    async with ScriptedConsul(keys(5, a="1")) as live:
        async with ScriptedConsul() as gone:
            dead = gone.address
        async with following(dead, live.address, token="secret") as it:
            await it.until(lambda: it.seen == [{"consul:weir/a": "1"}])
            assert live.tokens[0] == "secret"


async def test_real_agent_put_changed_deleted(consul_agent: ConsulAgent) -> None:
    consul_agent.put_key("weir/a.yaml", b"1")
    consul_agent.put_key("weir-old/a.yaml", b"not ours")
    consul_agent.put_key("weir/folder/", b"")
    async with following(consul_agent.address) as it:
        await it.until(lambda: it.seen[-1:] == [{"consul:weir/a.yaml": "1"}])
        await asyncio.to_thread(consul_agent.put_key, "weir/folder/b.yaml", b"2")
        await it.until(lambda: it.seen[-1] == {"consul:weir/a.yaml": "1", "consul:weir/folder/b.yaml": "2"})
        await asyncio.to_thread(consul_agent.put_key, "weir/a.yaml", b"3")
        await it.until(lambda: it.seen[-1] == {"consul:weir/a.yaml": "3", "consul:weir/folder/b.yaml": "2"})
        await asyncio.to_thread(consul_agent.delete_key, "weir/a.yaml")
        await it.until(lambda: it.seen[-1] == {"consul:weir/folder/b.yaml": "2"})
        await asyncio.to_thread(consul_agent.delete_key, "weir/", recurse=True)
        await it.until(lambda: it.seen[-1] == {})
        assert len(it.seen) == 5


async def test_real_agent_without_keys_answers(consul_agent: ConsulAgent) -> None:
    async with following(consul_agent.address, confirm="1h") as it:
        await it.until(lambda: it.seen == [{}])
        await asyncio.to_thread(consul_agent.put_key, "weir/a.yaml", b"1")
        await it.until(lambda: it.seen[-1] == {"consul:weir/a.yaml": "1"})


async def test_real_agent_killed_and_back_without_its_keys_takes_nothing_away(consul_agent: ConsulAgent) -> None:
    consul_agent.put_key("weir/a.yaml", b"1")
    async with following(consul_agent.address, confirm="1h") as it:
        await it.until(lambda: it.seen == [{"consul:weir/a.yaml": "1"}])
        consul_agent.kill()
        await asyncio.to_thread(consul_agent.restart)
        await asyncio.to_thread(consul_agent.put_key, "weir/a.yaml", b"2")
        await it.until(lambda: len(it.seen) == 2)
        assert it.seen[1] == {"consul:weir/a.yaml": "2"}
