"""Tests of the Redis server that other tests build on."""

from __future__ import annotations

from tests.support.redis_server import RedisServer


def test_server_answers_and_comes_back_on_the_same_port_after_a_kill(redis_server: RedisServer) -> None:
    port = redis_server.port
    redis_server.kill()
    assert not redis_server.answers()
    redis_server.restart()
    assert redis_server.port == port
    assert redis_server.answers()
