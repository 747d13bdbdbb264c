"""Waits that end early."""

from __future__ import annotations

import asyncio

import pytest

from discovery.sources.interruptible import Interrupted, Interruptible


async def never() -> str:
    """Wait for ever."""
    await asyncio.get_running_loop().create_future()
    return ""


async def at_once() -> str:
    """Answer."""
    return "answer"


async def test_work_gives_its_result() -> None:
    assert await Interruptible().within(10.0, at_once()) == "answer"


async def test_limit_ends_the_work() -> None:
    with pytest.raises(TimeoutError):
        await Interruptible().within(0.0, never())


async def test_interrupt_ends_the_work() -> None:
    waits = Interruptible()
    asyncio.get_running_loop().call_soon(waits.interrupt)
    with pytest.raises(Interrupted):
        await waits.within(10.0, never())


async def test_interrupt_before_a_wait_ends_that_wait_and_no_other() -> None:
    waits = Interruptible()
    waits.interrupt()
    assert await waits.sleep(10.0)
    assert not await waits.sleep(0.0)


async def test_interrupt_twice_is_once() -> None:
    waits = Interruptible()
    asyncio.get_running_loop().call_soon(waits.interrupt)
    asyncio.get_running_loop().call_soon(waits.interrupt)
    assert await waits.sleep(10.0)
    assert not await waits.sleep(0.0)


async def test_cancellation_is_not_swallowed() -> None:
    task = asyncio.ensure_future(Interruptible().sleep(10.0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
