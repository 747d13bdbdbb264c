"""One source and its readers."""

from __future__ import annotations

import asyncio

import pytest

from discovery.sources.source import Answer, Endpoints, Publish, Tally
from discovery.watch import Watch
from tests.support.endpoints import DiscoveryRuntime, endpoints


class Faulty:
    """A source with a defect: it publishes, then fails, the first time it runs."""

    kind = "static"
    protected = False

    def __init__(self) -> None:
        self.tally = Tally("faulty")
        self.runs = 0

    async def run(self, publish: Publish) -> None:
        self.runs += 1
        publish(Endpoints(endpoints([1] * self.runs)))
        if self.runs == 1:
            raise ZeroDivisionError("a defect")
        await asyncio.get_running_loop().create_future()

    def refresh(self) -> None:
        """Nothing."""


class Reader:
    """Remembers how many endpoints each answer had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.second = asyncio.Event()

    def offer(self, answer: Answer) -> None:
        self.sizes.append(len(answer.endpoints("")))
        if len(self.sizes) == 2:
            self.second.set()


async def test_source_that_fails_by_a_defect_runs_again(caplog: pytest.LogCaptureFixture) -> None:
    runtime, reader, source = DiscoveryRuntime(), Reader(), Faulty()
    watch = Watch(source, runtime)
    watch.join(reader)
    await asyncio.wait_for(reader.second.wait(), 10.0)
    assert reader.sizes == [1, 2]
    assert source.tally.errors == {"internal": 1}
    assert "a defect" in caplog.text
    late = Reader()
    watch.join(late)
    assert late.sizes == [2]
    assert watch.leave(reader)
    assert not watch.leave(late)
    await watch.ended()
    assert watch.stopped()
