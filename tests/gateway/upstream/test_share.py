"""The bounds of a backend in one worker, on real pools of connections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.backend_policy import CircuitBreaker
from gateway.errors import Overloaded
from gateway.telemetry import metrics
from gateway.upstream.share import UNBOUNDED, share_of
from tests.support.pools import Pools, Waiter
from tests.support.waiting import until
from tests.support.wire import ScriptedEndpoint, answering


@given(st.integers(0, 10_000), st.integers(1, 64))
def test_the_shares_of_all_workers_are_the_bound_and_less_than_one_more_each(bound: int, workers: int) -> None:
    share = share_of(bound, workers)
    assert bound <= share * workers < bound + workers


def test_no_bound_is_none_in_each_worker() -> None:
    assert share_of(None, 4) == UNBOUNDED


async def test_connections_to_all_endpoints_count_together_and_who_waits_gets_the_next() -> None:
    async with ScriptedEndpoint(answering) as one, ScriptedEndpoint(answering) as two:
        pools = Pools()
        pools.share.configure(CircuitBreaker.model_validate({"maxConnections": 1}), 1)
        first, second = pools.pool(one.port), pools.pool(two.port)
        pools.share.all_pools = {("", 1): first, ("", 2): second}
        holder, waiter = Waiter(first), Waiter(second)
        assert first.acquire(holder) is None
        await until(lambda: holder.connection is not None)
        assert second.acquire(waiter) is None
        assert pools.ledger.value(metrics.LIMIT_CONNECTIONS) == 1
        assert pools.share.describe() == {"connections": 1, "pending": 1, "requests": 0, "retries": 0}
        assert holder.connection is not None
        first.release(holder.connection)
        await until(lambda: waiter.connection is not None)
        assert (pools.share.connections, pools.share.pending) == (1, 0)
        first.retire()
        second.retire()


async def test_a_connection_that_idles_elsewhere_makes_room() -> None:
    async with ScriptedEndpoint(answering) as one, ScriptedEndpoint(answering) as two:
        pools = Pools()
        pools.share.configure(CircuitBreaker.model_validate({"maxConnections": 1}), 1)
        first, second = pools.pool(one.port), pools.pool(two.port)
        pools.share.all_pools = {("", 1): first, ("", 2): second}
        holder, waiter = Waiter(first), Waiter(second)
        first.acquire(holder)
        await until(lambda: holder.connection is not None)
        assert holder.connection is not None
        first.release(holder.connection)
        second.acquire(waiter)
        await until(lambda: waiter.connection is not None)
        assert pools.share.connections == 1


async def test_those_that_wait_count_together_and_one_more_is_turned_away() -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        pools = Pools()
        pools.share.configure(CircuitBreaker.model_validate({"maxConnections": 1, "maxPendingRequests": 1}), 1)
        first, second = pools.pool(endpoint.port), pools.pool(endpoint.port)
        holder, waiter = Waiter(first), Waiter(second)
        first.acquire(holder)
        await until(lambda: holder.connection is not None)
        second.acquire(waiter)
        with pytest.raises(Overloaded):
            first.acquire(Waiter(first))
        second.cancel(waiter)
        assert pools.share.pending == 0


async def test_a_connection_that_did_not_come_about_is_not_counted() -> None:
    pools = Pools()
    pool = pools.pool(1)
    asker = Waiter(pool)
    pool.acquire(asker)
    await until(lambda: asker.error is not None)
    assert (pools.share.connections, pools.share.pending) == (0, 0)
