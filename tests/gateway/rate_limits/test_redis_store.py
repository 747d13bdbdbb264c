"""A real Redis as the store: pipelines, a script that is gone, and a server that is gone, slow or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.resources.weir import RedisServer as Spec
from gateway.rate_limits.question import StoreFailure, Take
from gateway.rate_limits.redis_store import RedisStore
from policies.rate_limit.meter import Kind, Meter
from policies.rate_limit.shared_meter import SharedMeter
from tests.support.redis_server import RedisServer, redis_server

__all__ = ["redis_server"]

METER = SharedMeter(
    Kind.BUCKET, 10, 10**15, 10, 0, deferred=False, on_failure="Allow", node=Meter(Kind.BUCKET, 10, 10**15, 10)
)
ASK = [Take(METER, b"a", 4, 1), Take(METER, b"b", 2, 1)]


def store(server: RedisServer, timeout: str = "20s", **fields: object) -> RedisStore:
    return RedisStore(Spec.model_validate({"address": server.address, "timeout": timeout, **fields}))


async def test_questions_are_answered_in_order_and_counts_outlive_the_script(redis_server: RedisServer) -> None:
    asked = store(redis_server)
    assert [grant.granted for grant in await asked.ask(ASK)] == [4, 2]
    await asked._redis.script_flush()
    assert [grant.remaining for grant in await asked.ask(ASK)] == [2, 6]
    keys = sorted(await asked._redis.keys())
    assert keys == [b"weir:limit:61", b"weir:limit:62"]
    await asked._redis.flushall()
    assert [grant.granted for grant in await asked.ask(ASK)] == [4, 2]
    await asked.close()


async def test_gateways_share_counts_by_prefix(redis_server: RedisServer) -> None:
    one, other, apart = (store(redis_server, keyPrefix=prefix) for prefix in ("a:", "a:", "b:"))
    assert [(await each.ask(ASK))[0].remaining for each in (one, other, apart)] == [6, 2, 6]
    for each in (one, other, apart):
        await each.close()


async def test_a_server_that_is_gone_is_a_failure_and_one_that_is_back_is_none(redis_server: RedisServer) -> None:
    asked = store(redis_server)
    await asked.ask(ASK)
    redis_server.kill()
    with pytest.raises(StoreFailure):
        await asked.ask(ASK)
    redis_server.restart()
    assert (await asked.ask(ASK))[0].granted == 4
    await asked.close()


async def test_a_server_that_hangs_is_a_failure_within_the_time(redis_server: RedisServer) -> None:
    asked = store(redis_server, timeout="200ms")
    redis_server.freeze()
    try:
        with pytest.raises(StoreFailure):
            await asked.ask(ASK)
    finally:
        redis_server.thaw()
    await asked.close()


async def test_a_key_of_another_kind_is_a_failure(redis_server: RedisServer) -> None:
    asked = store(redis_server)
    await asked._redis.lpush("weir:limit:61", "x")  # type: ignore[misc]
    with pytest.raises(StoreFailure, match="WRONGTYPE"):
        await asked.ask(ASK)
    await asked.close()


async def test_the_password_is_that_of_the_file(redis_server: RedisServer, tmp_path: Path) -> None:
    admin = store(redis_server)
    await admin._redis.config_set("requirepass", "open sesame")
    (tmp_path / "password").write_text("open sesame\n")
    asked = store(redis_server, passwordFile=str(tmp_path / "password"))
    assert (await asked.ask(ASK))[0].granted == 4
    stranger = store(redis_server)
    with pytest.raises(StoreFailure, match="Auth"):
        await stranger.ask(ASK)
    for each in (admin, asked, stranger):
        await each.close()


def test_a_password_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreFailure):
        RedisStore(Spec(password_file=str(tmp_path / "none")))


def test_addresses_are_urls_or_places_with_tls_or_without() -> None:
    for fields, secure, database in (
        ({"address": "redis.example:6390", "database": 3}, False, 3),
        ({"address": "redis://redis.example/5", "database": 3}, False, 5),
        ({"address": "rediss://redis.example/5"}, True, 5),
        ({"address": "redis.example", "tls": {"verify": False}}, True, 0),
    ):
        made = RedisStore(Spec.model_validate(fields))
        pool = made._redis.connection_pool
        assert pool.connection_kwargs["host"] == "redis.example"
        assert pool.connection_kwargs["db"] == database
        assert ("SSL" in pool.connection_class.__name__) == secure
