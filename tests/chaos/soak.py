"""A soak: minutes of mixed traffic through a real gateway, while routes and endpoints change. What grows is a leak.

`python -m tests.chaos.soak --minutes 10` prints memory and descriptors as they go, and ends with 1 unless no request
failed, memory is flat and no descriptor is left.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

from tests.chaos.soak_traffic import Traffic, serve
from tests.support.weir_process import WeirProcess, route_to, static_backend
from tests.support.wire import ScriptedEndpoint

WORKERS = 2
ENDPOINTS = 4
EDIT_S = 2.0
"""Each so often the routes change, the endpoints, or both."""
SAMPLES = 60
GROWTH_RATIO = 0.03
GROWTH_BYTES = 4 << 20
"""How much more memory the last third may hold than the middle one, both together: the first third warms up."""
DESCRIPTORS_MORE = 8
"""How many more descriptors may be open when all clients are gone: files and pipes that the first traffic opens."""
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment: memory that is the processes' own (USS), their open descriptors, what was asked so far."""

    at_s: float
    memory_bytes: int
    descriptors: int
    requests: int
    failures: int
    reloads: int


def growth_bytes(samples: Sequence[Sample]) -> float:
    """By how much the median memory of the last third exceeds that of the middle third; a third has one at least."""
    third = max(1, len(samples) // 3)
    memory = [sample.memory_bytes for sample in samples]
    return statistics.median(memory[-third:]) - statistics.median(memory[-2 * third : -third] or memory[:1])


def verdict(samples: Sequence[Sample], before: int, after: int) -> list[str]:
    """What is wrong; `before` and `after` are the open descriptors without any client. Empty where nothing is."""
    wrong: list[str] = []
    last = samples[-1]
    if last.failures:
        wrong.append(f"{last.failures} of {last.requests} requests failed")
    allowed = GROWTH_RATIO * samples[0].memory_bytes + GROWTH_BYTES
    if growth_bytes(samples) > allowed:
        wrong.append(f"memory grew by {growth_bytes(samples) / MIB:.1f} MiB, {allowed / MIB:.1f} are allowed")
    if after > before + DESCRIPTORS_MORE:
        wrong.append(f"{after} descriptors are open without a client, {before} were before the first")
    if not last.reloads:
        wrong.append("no reload came in force")
    return wrong


class Soak:
    """One run: endpoints and clients in this process, the gateway and its workers beside it."""

    def __init__(self, folder: Path, seconds: float, clients_each: int) -> None:
        self._folder = folder
        self._seconds = seconds
        self._clients_each = clients_each
        self._edits = 0
        self.samples: list[Sample] = []
        self.failures: list[str] = []

    async def run(self) -> list[str]:
        """Run, print a line per sample, and say what is wrong."""
        async with AsyncExitStack() as stack:
            endpoints = [await stack.enter_async_context(ScriptedEndpoint(serve)) for _ in range(ENDPOINTS)]
            ports = [endpoint.port for endpoint in endpoints]
            weir = stack.enter_context(
                WeirProcess(self._folder, static_backend("b", *ports), _route(0), workers=WORKERS)
            )
            before = _descriptors(weir)
            print(f"{'s':>6} {'MiB':>8} {'fds':>6} {'requests':>10} {'failed':>7} {'reloads':>8}", flush=True)  # noqa: T201
            async with Traffic(weir.port, clients_each=self._clients_each) as traffic:
                edits = asyncio.create_task(self._edit(weir, ports), name="edits")
                try:
                    await self._sample(weir, traffic)
                finally:
                    edits.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await edits
                await traffic.stop()
                self.failures = traffic.failures
                print(", ".join(f"{kind}: {count}" for kind, count in traffic.answered.items()))  # noqa: T201
            # Nobody is connected on either side any more, so nothing has a reason to be open.
            for endpoint in endpoints:
                await endpoint.__aexit__(None, None, None)
            after = await self._settled(weir, before)
            rejected = await asyncio.to_thread(weir.metric, "weir_config_reloads_total", result="rejected")
            wrong = verdict(self.samples, before, after)
            if rejected:
                wrong.append(f"{rejected:.0f} reloads were rejected")
            return [*wrong, *self.failures]

    async def _edit(self, weir: WeirProcess, ports: Sequence[int]) -> None:
        """Each time other endpoints, one always missing, and another header on the answers."""
        while True:
            await asyncio.sleep(EDIT_S)
            self._edits += 1
            left_out = self._edits % len(ports)
            used = [port for index, port in enumerate(ports) if index != left_out]
            weir.apply("routes.yaml", static_backend("b", *used), _route(self._edits))

    async def _sample(self, weir: WeirProcess, traffic: Traffic) -> None:
        began_s = time.monotonic()
        for number in range(1, SAMPLES + 1):
            await asyncio.sleep(max(0.0, began_s + self._seconds * number / SAMPLES - time.monotonic()))
            reloads = await asyncio.to_thread(weir.metric, "weir_config_reloads_total", result="applied")
            sample = Sample(
                round(time.monotonic() - began_s, 1),
                sum(process.memory_full_info().uss for process in _processes(weir)),
                _descriptors(weir),
                traffic.answered.total() + traffic.failure_count,
                traffic.failure_count,
                int(reloads) - 1,
            )
            self.samples.append(sample)
            print(  # noqa: T201
                f"{sample.at_s:6.0f} {sample.memory_bytes / MIB:8.1f} {sample.descriptors:6d} {sample.requests:10,d} "
                f"{sample.failures:7d} {sample.reloads:8d}",
                flush=True,
            )

    async def _settled(self, weir: WeirProcess, wanted: int) -> int:
        """The open descriptors, waited for until they are as few as at the start, or it is clear that they stay."""
        for _ in range(100):
            if _descriptors(weir) <= wanted:
                break
            await asyncio.sleep(0.1)
        return _descriptors(weir)


def _route(edit: int) -> dict[str, object]:
    header = {"set": [{"name": "x-edit", "value": str(edit)}]}
    return route_to("b", filters=[{"type": "ResponseHeaderModifier", "responseHeaderModifier": header}])


def _processes(weir: WeirProcess) -> list[psutil.Process]:
    assert weir.process is not None
    supervisor = psutil.Process(weir.process.pid)
    return [supervisor, *supervisor.children()]


def _descriptors(weir: WeirProcess) -> int:
    return sum(process.num_fds() for process in _processes(weir))


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=2, help="of each of the nine kinds of traffic")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="weir-soak-") as folder:
        soak = Soak(Path(folder), given.minutes * 60, given.clients)
        wrong = uvloop.run(soak.run())
        for line in wrong:
            print(f"wrong: {line}")  # noqa: T201
        if not wrong:
            grown = growth_bytes(soak.samples) / MIB
            print(f"no request failed; memory of the last third {grown:+.1f} MiB; no descriptor left open")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
