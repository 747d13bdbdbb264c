"""The soak itself: short, against a real gateway, and its verdict on series that are good and bad."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.chaos.soak import DESCRIPTORS_MORE, Sample, Soak, growth_bytes, verdict
from tests.chaos.soak_traffic import Traffic, serve
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

MIB = 1 << 20
FLAT = [Sample(float(at), 100 * MIB + at % 3, 50, 100 * at, 0, at) for at in range(1, 61)]


def test_a_flat_series_is_good() -> None:
    assert verdict(FLAT, 40, 40 + DESCRIPTORS_MORE) == []
    assert abs(growth_bytes(FLAT)) <= 2


def test_memory_that_grows_at_the_start_alone_is_good() -> None:
    warming = [dataclasses.replace(each, memory_bytes=50 * MIB) for each in FLAT[:20]] + FLAT[20:]
    assert verdict(warming, 40, 40) == []


def test_memory_that_goes_on_growing_is_wrong() -> None:
    growing = [dataclasses.replace(each, memory_bytes=100 * MIB + int(each.at_s) * MIB) for each in FLAT]
    (wrong,) = verdict(growing, 40, 40)
    assert wrong.startswith("memory grew by 20.0 MiB")


def test_failures_left_descriptors_and_no_reload_are_wrong() -> None:
    last = dataclasses.replace(FLAT[-1], failures=3, reloads=0)
    wrong = verdict([*FLAT[:-1], last], 40, 41 + DESCRIPTORS_MORE)
    assert len(wrong) == 3
    assert wrong[0] == "3 of 6000 requests failed"


async def test_traffic_counts_a_wrong_answer_as_a_failure() -> None:
    async def wrong(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"something else"))

    async with ScriptedEndpoint(serve) as right:
        async with Traffic(right.port, clients_each=1) as traffic:
            await traffic.stop()
        assert traffic.failure_count == 0 and traffic.answered.total() >= 9
    async with ScriptedEndpoint(wrong) as other:
        async with Traffic(other.port, clients_each=1) as traffic:
            await traffic.stop()
        assert traffic.failure_count >= 7 and traffic.failures


@pytest.mark.slow
async def test_a_gateway_soaks_for_seconds_without_a_failure(tmp_path: Path) -> None:
    soak = Soak(tmp_path, 6.0, 1)
    assert await soak.run() == []
    assert soak.samples[-1].requests > 100
