"""Keys from a real server: fetched in time, on demand but not as often as anyone likes, and kept when it fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from gateway.access import fetched_keys
from gateway.access.events import AccessEvent
from gateway.access.fetched_keys import MAX_BODY_BYTES, ON_DEMAND_PAUSE_S, FetchedKeys
from gateway.runtime import Runtime
from tests.support.adjustable_clock import AdjustableClock
from tests.support.issuer import jwk, key_set, private_key
from tests.support.key_server import KeyServer, key_server
from tests.support.waiting import until

OLD = key_set(jwk(private_key("P-256"), kid="old"))
NEW = key_set(jwk(private_key("P-256"), kid="old"), jwk(private_key("P-256", 1), kid="new"))
Make = Callable[..., FetchedKeys]


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with key_server(OLD) as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.fixture
def make(server: KeyServer, runtime: Runtime, events: Counter[AccessEvent]) -> Make:
    def make(url: str = "", refresh_s: float = 600.0, timeout_s: float = 5.0) -> FetchedKeys:
        return FetchedKeys(url or server.url, refresh_s, timeout_s, runtime, lambda event: events.update([event]))

    return make


def kids(keys: FetchedKeys) -> list[str | None]:
    return [key.kid for key in keys.current.keys] if keys.current is not None else []


async def test_the_first_token_brings_the_keys(
    make: Make, session: aiohttp.ClientSession, events: Counter[AccessEvent]
) -> None:
    keys = make()
    await keys.refresh(session)
    assert kids(keys) == ["old"] and keys.problem == ""
    assert events == {AccessEvent.KEYS_FETCHED: 1}


async def test_keys_are_fetched_again_in_time(
    make: Make, session: aiohttp.ClientSession, server: KeyServer, clock: AdjustableClock
) -> None:
    keys = make(refresh_s=600.0)
    keys.fetch_if_due(session)
    await until(lambda: kids(keys) == ["old"])
    server.body = NEW
    clock.ahead_s = 500.0
    keys.fetch_if_due(session)
    assert server.asked == 1
    clock.ahead_s = 601.0
    keys.fetch_if_due(session)
    await until(lambda: kids(keys) == ["old", "new"])
    assert server.asked == 2


async def test_the_same_keys_stay_the_same_set(
    make: Make, session: aiohttp.ClientSession, clock: AdjustableClock
) -> None:
    keys = make()
    await keys.refresh(session)
    before = keys.current
    clock.ahead_s = ON_DEMAND_PAUSE_S
    await keys.refresh(session)
    assert keys.current is before, "what is remembered of tokens would be lost"


async def test_tokens_with_unknown_keys_bring_about_one_fetch_in_ten_seconds(
    make: Make, session: aiohttp.ClientSession, server: KeyServer, clock: AdjustableClock
) -> None:
    keys = make()
    for _ in range(5):
        await keys.refresh(session)
    assert server.asked == 1
    server.body = NEW
    clock.ahead_s = ON_DEMAND_PAUSE_S - 1.0
    await keys.refresh(session)
    assert server.asked == 1 and kids(keys) == ["old"]
    clock.ahead_s = ON_DEMAND_PAUSE_S + 1.0
    await keys.refresh(session)
    assert server.asked == 2 and kids(keys) == ["old", "new"]


async def test_requests_wait_for_the_same_fetch(
    make: Make, session: aiohttp.ClientSession, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched_keys, "MAX_WAITING", 3)
    keys = make()
    server.gate.clear()
    async with asyncio.timeout(10.0):
        waiting = [asyncio.ensure_future(keys.refresh(session)) for _ in range(3)]
        await until(lambda: server.asked == 1)
        await keys.refresh(session)
        assert kids(keys) == [], "one more than may wait is answered by what there is"
        waiting[0].cancel()
        server.gate.set()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert server.asked == 1 and kids(keys) == ["old"], "who leaves does not end it for others"


def redirect(server: KeyServer) -> None:
    server.status, server.headers = 302, {"location": server.url}


def error(server: KeyServer) -> None:
    server.status = 503


def no_key_set(server: KeyServer) -> None:
    server.body = b"<html>"


def private(server: KeyServer) -> None:
    server.body = key_set(jwk(private_key("P-256"), d="AA"))


def too_long(server: KeyServer) -> None:
    server.body = b" " * (MAX_BODY_BYTES + 1)


def compressed(server: KeyServer) -> None:
    server.headers = {"content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (redirect, "status 302, not 200"),
        (error, "status 503, not 200"),
        (no_key_set, "the key set is not JSON"),
        (private, "key 1 of the key set is a private one"),
        (too_long, "more than 1024 KiB"),
        (compressed, "the content coding gzip"),
    ],
)
async def test_the_last_good_keys_stay_when_the_server_does_not_give_better_ones(
    make: Make,
    session: aiohttp.ClientSession,
    server: KeyServer,
    clock: AdjustableClock,
    events: Counter[AccessEvent],
    spoil: Callable[[KeyServer], None],
    problem: str,
) -> None:
    keys = make()
    await keys.refresh(session)
    spoil(server)
    clock.ahead_s = ON_DEMAND_PAUSE_S
    await keys.refresh(session)
    assert kids(keys) == ["old"] and keys.problem.startswith(problem)
    assert events == {AccessEvent.KEYS_FETCHED: 1, AccessEvent.KEYS_NOT_FETCHED: 1}
    server.body, server.status, server.headers = NEW, 200, {}
    clock.ahead_s = 2 * ON_DEMAND_PAUSE_S + 1.0
    keys.fetch_if_due(session)
    await until(lambda: kids(keys) == ["old", "new"])
    assert keys.problem == ""


async def test_a_server_that_does_not_answer_in_time_is_given_up(
    make: Make, session: aiohttp.ClientSession, server: KeyServer, events: Counter[AccessEvent]
) -> None:
    server.gate.clear()
    keys = make(timeout_s=0.05)
    await keys.refresh(session)
    assert keys.current is None and keys.problem
    assert events == {AccessEvent.KEYS_NOT_FETCHED: 1}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/keys", "http://[::1/keys", "ftp://127.0.0.1/keys", "http://"])
async def test_what_cannot_be_asked_is_a_failed_fetch(
    make: Make, session: aiohttp.ClientSession, url: str, events: Counter[AccessEvent]
) -> None:
    keys = make(url)
    await keys.refresh(session)
    assert keys.current is None and keys.problem
    assert events == {AccessEvent.KEYS_NOT_FETCHED: 1}
