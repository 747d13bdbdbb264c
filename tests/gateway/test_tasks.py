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


async def test_cancels_all_but_the_one_that_asks() -> None:
    tasks = Tasks()
    waiting = tasks.spawn(asyncio.Event().wait(), name="wait")
    await tasks.spawn(tasks.cancel_all(), name="cancel")
    assert waiting.cancelled()
