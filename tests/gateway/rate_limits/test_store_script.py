"""The script on a real Redis: what it grants, what it keeps, and what its clock may do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from gateway.rate_limits.question import Charge, Take
from gateway.rate_limits.store_script import TEXT, arguments, grant_of
from policies.rate_limit.meter import Kind, Meter
from policies.rate_limit.shared_meter import Grant, SharedMeter
from tests.support.redis_server import RedisServer, redis_server

__all__ = ["redis_server"]

HOUR = 3_600_000_000_000


def meter(kind: Kind, requests: int = 10, patience_ns: int = 0, *, deferred: bool = False) -> SharedMeter:
    node = Meter(kind, requests, 100 * HOUR, requests)
    return SharedMeter(kind, requests, 100 * HOUR, requests, patience_ns, deferred, "Allow", node)


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_server.url)
    yield client
    await client.aclose()


async def run(redis: Redis, question: Take | Charge) -> Grant:
    return grant_of(await redis.eval(TEXT, 1, question.key, *arguments(question)))  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("kind", list(Kind))
async def test_grants_what_there_is_and_tells_when_more_is_back(redis: Redis, kind: Kind) -> None:
    figures = meter(kind)
    grants = [await run(redis, Take(figures, b"a", 4, 1)) for _ in range(4)]
    assert [grant.granted for grant in grants] == [4, 4, 2, 0]
    assert [grant.remaining for grant in grants] == [6, 2, 0, 0]
    assert 0 < grants[3].wait_ns <= 100 * HOUR
    assert (await run(redis, Take(figures, b"b", 20, 11))).granted == 0
    assert (await run(redis, Take(figures, b"b", 20, 1))).granted == 10
    assert 0 < await redis.pttl("a") <= 200 * 3_600_000


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_charge_counts_whether_it_fits_or_not(redis: Redis, kind: Kind) -> None:
    figures = meter(kind, deferred=True)
    assert (await run(redis, Take(figures, b"a", 3, 1))).granted == 3
    assert await redis.get("a") is None
    await run(redis, Charge(figures, b"a", 1 << 50))
    assert (await run(redis, Take(figures, b"a", 1, 1))).granted == 0


async def test_who_may_wait_is_told_how_long(redis: Redis) -> None:
    figures = meter(Kind.BUCKET, 100, patience_ns=HOUR)
    assert (await run(redis, Take(figures, b"a", 100, 1))).wait_ns == 0
    waiting = await run(redis, Take(figures, b"a", 1, 1))
    assert waiting.granted == 1
    assert 0.99 * HOUR < waiting.wait_ns <= HOUR
    assert (await run(redis, Take(figures, b"a", 1, 1))).granted == 0


@pytest.mark.parametrize("kind", list(Kind))
async def test_none_at_all_lets_nobody_in(redis: Redis, kind: Kind) -> None:
    assert (await run(redis, Take(meter(kind, 0), b"a", 1, 1))).granted == 0


async def test_a_clock_that_went_back_locks_nobody_out(redis: Redis) -> None:
    await redis.set("a", "99999999999999999")
    grant = await run(redis, Take(meter(Kind.BUCKET), b"a", 1, 1))
    assert (grant.granted, grant.wait_ns) == (0, 10 * HOUR)
    await redis.set("b", "999999999999 3 0")
    grant = await run(redis, Take(meter(Kind.FIXED_WINDOW), b"b", 10, 1))
    assert grant.granted == 7
    assert grant.reset_ns <= 100 * HOUR


async def test_what_is_no_state_is_that_of_a_key_never_seen(redis: Redis) -> None:
    for kind in Kind:
        await redis.set("a", "what?")
        assert (await run(redis, Take(meter(kind), b"a", 10, 1))).granted == 10


@pytest.mark.parametrize("reply", [None, [1, 2, 3], [1, 2, 3, b"4"], "four"])
def test_an_answer_of_another_shape_is_refused(reply: object) -> None:
    with pytest.raises(ValueError, match="the script answered"):
        grant_of(reply)
