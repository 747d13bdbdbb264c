"""Connections to one endpoint: reuse, age, bounds, queue."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from gateway.errors import ConnectFailed, ConnectTimedOut, Overloaded, UpstreamReset
from gateway.telemetry import metrics
from gateway.upstream.http1_client import HOLD_CLIENT
from tests.support.data_path import gateway
from tests.support.pools import Pools, Waiter
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"


async def test_reuses_connections_on_both_sides() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(20):
            assert (await client.ask(GET))[0] == 200
        assert endpoint.connections == 1


async def test_the_freshest_idle_connection_goes_first() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pool = Pools().pool(endpoint.port)
        waiters = [Waiter(pool) for _ in range(3)]
        connections = [await waiter.acquire() for waiter in waiters]
        for waiter in waiters:
            assert await waiter.ask() == 200
            waiter.give_back()
        assert [await Waiter(pool).acquire() for _ in range(3)] == connections[::-1]


async def test_idle_connections_are_bounded() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pool = Pools().pool(endpoint.port, max_idle=1)
        waiters = [Waiter(pool) for _ in range(3)]
        for waiter in waiters:
            await waiter.acquire()
        for waiter in waiters:
            await waiter.ask()
            waiter.give_back()
        assert pool.describe()["idle"] == 1


async def test_idle_connections_of_all_pools_together_are_bounded() -> None:
    async with ScriptedEndpoint(answering) as first, ScriptedEndpoint(answering) as second:
        pools = Pools()
        pools.room.limit = 2
        one, other = pools.pool(first.port), pools.pool(second.port)
        waiters = [Waiter(pool) for pool in (one, one, other)]
        for waiter in waiters:
            await waiter.acquire()
        for waiter in waiters:
            await waiter.ask()
            waiter.give_back()
        assert (one.describe()["idle"], other.describe()["idle"], pools.room.taken) == (2, 0, 2)
        # Whoever leaves makes room: taken again, distrusted, retired.
        again = await Waiter(one).acquire()
        assert pools.room.taken == 1
        one.release(again)
        one.evict(again)
        assert pools.room.taken == 1
        one.retire()
        assert pools.room.taken == 0


@pytest.mark.parametrize("bound", ["idle_timeout_s", "max_age_s"])
async def test_an_idle_connection_ends_with_its_idle_time_or_its_age(bound: str) -> None:
    closed = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond())
        assert await connection.reader.read() == b""
        closed.set()

    async with ScriptedEndpoint(script) as endpoint:
        pool = Pools().pool(endpoint.port, **{bound: 0.3})
        waiter = Waiter(pool)
        await waiter.acquire()
        await waiter.ask()
        waiter.give_back()
        assert pool.describe()["idle"] == 1
        await asyncio.wait_for(closed.wait(), 10)
        assert pool.describe()["idle"] == 0


@pytest.mark.parametrize(("changes", "ahead_s"), [({"max_age_s": 100.0}, 100.0), ({"max_requests": 1}, 0.0)])
async def test_a_connection_that_is_too_old_or_has_served_enough_is_closed_when_given_back(
    changes: dict[str, object], ahead_s: float
) -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pools = Pools()
        pool = pools.pool(endpoint.port, **changes)
        waiter = Waiter(pool)
        await waiter.acquire()
        await waiter.ask()
        pools.clock.ahead_s = ahead_s
        waiter.give_back()
        assert pool.describe()["idle"] == 0


async def test_connections_are_bounded_and_the_next_in_the_queue_gets_the_first_that_is_free() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pool = Pools().pool(endpoint.port, max_connections=1)
        first, second = Waiter(pool), Waiter(pool)
        connection = await first.acquire()
        waiting = asyncio.create_task(second.acquire())
        await first.ask()
        assert pool.describe() == {"idle": 0, "inUse": 1, "connecting": 0, "waiting": 1}
        first.give_back()
        assert await waiting is connection
        assert endpoint.connections == 1


async def test_the_queue_is_bounded_and_its_overflow_counted() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pools = Pools()
        pool = pools.pool(endpoint.port, max_connections=1, max_pending=1)
        await Waiter(pool).acquire()
        assert pool.acquire(Waiter(pool)) is None
        with pytest.raises(Overloaded):
            pool.acquire(Waiter(pool))
        assert pools.ledger.value(metrics.LIMIT_PENDING) == 1


async def test_who_no_longer_waits_is_not_told() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pool = Pools().pool(endpoint.port)
        gone, other = Waiter(pool), Waiter(pool)
        assert pool.acquire(gone) is None
        pool.cancel(gone)
        pool.cancel(gone)
        await other.acquire()
        assert gone.connection is None and gone.error is None


async def test_a_refused_connection_fails_one_waiter_each() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    pools = Pools()
    pool = pools.pool(port)
    for _ in range(2):
        with pytest.raises(ConnectFailed, match="refused"):
            await Waiter(pool).acquire()
    assert pools.ledger.value(metrics.UPSTREAM_CONNECTIONS_FAILED) == 2
    assert pool.unused


async def test_a_connection_that_does_not_come_in_time_is_counted_as_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as sock, socket.socket() as filler:
        # Linux drops the SYN once the queue of an endpoint that accepts nothing is full.
        filler.connect(sock.getsockname())
        pools = Pools()
        pool = pools.pool(sock.getsockname()[1], connect_timeout_s=0.2)
        with pytest.raises(ConnectTimedOut):
            await Waiter(pool).acquire()
        assert pools.ledger.value(metrics.TIMEOUT_CONNECT) == 1


async def test_an_idle_connection_that_the_endpoint_closed_is_not_used_again() -> None:
    closed = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond())
        await connection.writer.drain()
        connection.close()
        closed.set()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for number in range(5):
            assert (await client.ask(POST))[0] == 200
            await closed.wait()
            closed.clear()
            assert endpoint.connections == number + 1


async def test_a_close_that_the_loop_has_not_heard_of_is_noticed_for_a_careful_user() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        pool = Pools().pool(server.getsockname()[1])
        waiter = Waiter(pool)
        acquiring = asyncio.create_task(waiter.acquire())
        peer, _ = await asyncio.to_thread(server.accept)
        with peer:
            stale = await acquiring
            waiter.give_back()
            assert not stale.heard_unread()
        # No turn of the loop passes between the close, just above, and this.
        assert stale.heard_unread()
        assert pool.acquire(Waiter(pool), careful=True) is None
        assert pool.describe()["idle"] == 0


async def test_a_connection_that_was_paused_for_a_slow_client_reads_again_for_the_next_one() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pool = Pools().pool(endpoint.port)
        first = Waiter(pool)
        connection = await first.acquire()
        await first.ask()
        connection.pause_reading(HOLD_CLIENT)
        first.give_back()
        second = Waiter(pool)
        assert await second.acquire() is connection
        assert await second.ask() == 200


async def test_a_connection_with_bytes_left_to_send_is_not_used_again_and_not_kept_for_ever() -> None:
    reset = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond())
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await reset.wait()

    async with ScriptedEndpoint(script) as endpoint:
        pool = Pools().pool(endpoint.port, write_stall_timeout_s=0.3)
        waiter = Waiter(pool)
        connection = await waiter.acquire()
        await waiter.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
        connection.transport.write(b"x" * 50_000_000)
        assert connection.transport.get_write_buffer_size() > 0
        waiter.give_back()
        assert pool.describe()["idle"] == 0
        await until(lambda: not connection.transport.get_write_buffer_size())


async def test_an_endpoint_that_closes_at_once_leaves_nobody_waiting() -> None:
    async def script(connection: EndpointConnection) -> None:
        sock = connection.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.reset()

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        for _ in range(20):
            assert (await client.ask(POST))[0] == 502


async def test_a_retired_endpoint_loses_what_idles_and_what_is_given_back() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pool = Pools().pool(endpoint.port)
        idle, busy = Waiter(pool), Waiter(pool)
        await idle.acquire()
        await busy.acquire()
        idle.give_back()
        pool.retire()
        assert pool.describe()["idle"] == 0
        assert await busy.ask() == 200
        busy.give_back()
        assert pool.unused
        pool.revive()
        back = Waiter(pool)
        await back.acquire()
        back.give_back()
        assert pool.describe()["idle"] == 1


async def test_who_waits_for_an_endpoint_that_left_is_sent_away_when_the_drain_is_over() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pools = Pools()
        pool = pools.pool(endpoint.port, max_connections=1)
        busy, waits, tunnel = Waiter(pool), Waiter(pool), Waiter(pool)
        await busy.acquire()
        assert pool.acquire(waits) is None
        pool.retire(30.0)
        pools.clock.ahead_s += 20
        pool.retire(30.0)
        assert (waits.error, busy.error) == (None, None)
        pools.clock.ahead_s += 11
        await until(lambda: waits.error is not None and busy.error is not None)
        assert isinstance(waits.error, ConnectFailed)
        assert isinstance(busy.error, UpstreamReset) and busy.error.drained
        assert pools.ledger.value(metrics.DRAIN_CUT_WAITING) == pools.ledger.value(metrics.DRAIN_CUT_UNANSWERED) == 1
        await until(lambda: pool.unused)
        # One that is asked by name meanwhile has all the time that it takes.
        await tunnel.acquire()
        pools.clock.ahead_s += 100
        assert await tunnel.ask() == 200


async def test_an_endpoint_that_left_and_came_back_cuts_nobody() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pools = Pools()
        pool = pools.pool(endpoint.port)
        busy = Waiter(pool)
        await busy.acquire()
        pool.retire(30.0)
        pool.revive()
        pools.clock.ahead_s += 31
        assert await busy.ask() == 200


async def test_bytes_on_an_idle_connection_end_it() -> None:
    go = asyncio.Event()
    closed = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond())
        await go.wait()
        connection.send(respond(b"poison"))
        assert await connection.reader.read() == b""
        closed.set()

    async with ScriptedEndpoint(script) as endpoint:
        pools = Pools()
        pool = pools.pool(endpoint.port)
        waiter = Waiter(pool)
        await waiter.acquire()
        await waiter.ask()
        waiter.give_back()
        go.set()
        await asyncio.wait_for(closed.wait(), 10)
        assert pool.describe()["idle"] == 0
        assert pools.ledger.value(metrics.UPSTREAM_CONNECTIONS_EVICTED) == 1


async def test_a_connection_given_back_while_its_client_was_slow_answers_the_next_request() -> None:
    big = b"x" * 8_000_000

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(big))
        await connection.head()
        connection.send(respond(b"next"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        slow, other = await weir.client(), await weir.client()
        slow.send(GET)
        await slow.head()
        assert await slow.reader.readexactly(len(big)) == big
        assert (await other.ask(GET))[2] == b"next"
        assert endpoint.connections == 1
