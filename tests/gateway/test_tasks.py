"""Tests of the start of tasks."""

from __future__ import annotations

import asyncio

import pytest

from gateway.tasks import Tasks


async def test_a_failure_is_logged_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[None] = []

    async def fail() -> None:
        raise ValueError("broken")

    task = Tasks(lambda: failures.append(None)).spawn(fail(), name="work")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert len(failures) == 1
    assert [record.getMessage() for record in caplog.records] == ["task work failed"]


async def test_a_failure_of_a_callback_is_logged_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[None] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(Tasks(lambda: failures.append(None)).loop_failed)

    def fail() -> None:
        raise ValueError("broken")

    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(failures) == 1
    (record,) = caplog.records
    assert record.exc_info is not None and isinstance(record.exc_info[1], ValueError)


async def test_what_the_system_refuses_is_no_defect() -> None:
    failures: list[None] = []
    loop = asyncio.get_running_loop()
    tasks = Tasks(lambda: failures.append(None))
    tasks.loop_failed(loop, {"message": "accept failed", "exception": OSError(24, "Too many open files")})
    assert failures == []


async def test_cancels_all_but_the_one_that_asks() -> None:
    tasks = Tasks()
    waiting = tasks.spawn(asyncio.Event().wait(), name="wait")
    await tasks.spawn(tasks.cancel_all(), name="cancel")
    assert waiting.cancelled()
