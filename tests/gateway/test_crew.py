"""Tests of the crew with one worker inside the test's process; `test_supervisor` has workers of their own."""

from __future__ import annotations

import asyncio

from config.resources.weir import WeirSpec
from config.snapshot import Snapshot
from gateway import ipc
from gateway.crew import Crew, Post
from gateway.parcel import Contents, pack
from gateway.rate_limits.segment import LimitLayout, LimitSegment
from gateway.tasks import Tasks
from gateway.telemetry.segment import Layout, Segment
from gateway.telemetry.series import SeriesTable

LAYOUT = Layout(1, 10, (1.0,))
LIMITS = LimitLayout(1, 128)
SPEC = WeirSpec.model_validate({"telemetry": {"accessLog": {"path": "off"}}})


class Duties:
    def __init__(self) -> None:
        self.segment, self.limits = Segment(LAYOUT), LimitSegment(LIMITS)
        self.descriptors = [self.segment.descriptor, self.limits.descriptor]
        self.dead: list[int] = []
        self.configured = asyncio.Event()

    def brief(self, post: Post) -> None:
        snapshot = Snapshot(4, "", SPEC, (), {}, ())
        post.tell(ipc.Start(post.index, LAYOUT, LIMITS, SPEC, 1024, bytes(64)), self.descriptors)
        post.tell(ipc.Configure(snapshot.generation, pack(Contents(snapshot, SeriesTable(LAYOUT).assign(snapshot)))))

    def applied(self, post: Post, message: ipc.Applied) -> None:
        assert (post.generation, message.problem) == (4, "")
        self.configured.set()

    def died(self, index: int) -> None:
        self.dead.append(index)


async def test_briefs_asks_and_drains_its_worker() -> None:
    duties, tasks = Duties(), Tasks()
    crew = Crew(1, duties, tasks, inside=True)
    assert await crew.describe() == {}
    crew.start()
    async with asyncio.timeout(30):
        await duties.configured.wait()
    assert crew.running == 1
    assert (await crew.describe())["0"]["generation"] == 4
    assert await crew.drain(5.0)
    await crew.ended()
    assert (crew.running, duties.dead, crew.restarts) == (0, [0], 0)
    duties.segment.close()
