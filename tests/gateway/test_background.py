"""Work beside the traffic: in order, in one thread that lets others go first."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.background import NICENESS, SWITCH_INTERVAL_S, TIMER_SLACK_NS, give_way, in_background


@pytest.fixture
def switch_interval() -> Iterator[None]:
    """Put back after the test."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


async def test_gives_back_what_comes_of_it() -> None:
    assert await in_background(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_background(divmod, 7, 0)


async def test_all_is_done_in_order_in_one_thread() -> None:
    order: list[int] = []
    threads = set()

    def work(number: int) -> None:
        order.append(number)
        threads.add(threading.get_native_id())

    await asyncio.gather(*(in_background(work, number) for number in range(20)))
    assert order == list(range(20))
    assert len(threads) == 1
    assert threads != {threading.get_native_id()}


async def test_the_loop_goes_first() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    thread = await in_background(threading.get_native_id)
    assert os.getpriority(os.PRIO_PROCESS, thread) == NICENESS
    assert os.getpriority(os.PRIO_PROCESS, 0) == own
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S)
    slack = await in_background(Path("/proc/self/timerslack_ns").read_text)
    assert int(slack) == TIMER_SLACK_NS


def test_who_gives_way_lets_another_thread_have_the_interpreter(switch_interval: None) -> None:
    had, tries = threading.Event(), 0

    def work() -> None:
        nonlocal tries
        while not had.is_set() and tries < 1_000_000:
            give_way()
            tries += 1

    thread = threading.Thread(target=work)
    # Far longer than the tries take: nobody is asked to let go.
    sys.setswitchinterval(60.0)
    thread.start()
    had.set()
    thread.join()
    assert tries < 1_000_000
