"""One run of wrk: closed-loop load over kept-alive connections, with its figures as wrk's own script prints them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.placement import pinned
from benchmarks.programs import program

SCRIPT = Path(__file__).with_name("wrk_summary.lua")
MARK = "wrk-summary "
# What wrk needs beyond the asked duration: to start, and to wait for the last answers.
SLACK_S = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of wrk. `headers` are lines `Name: value`; `script` prints the summary that SCRIPT prints."""

    port: int
    path: str
    headers: Sequence[str]
    connections: int
    duration_s: float
    script: Path = SCRIPT


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What wrk saw: answers, seconds, bytes, failures, and percentiles of latency in milliseconds.

    The percentiles are those of a closed loop: a client that waits for a slow answer sends none meanwhile.
    """

    requests: int
    seconds: float
    answer_bytes: int
    not_2xx: int
    socket_errors: int
    p50_ms: float
    p99_ms: float
    p999_ms: float


class LoadFailed(Exception):
    """wrk gave no figures; the message carries what it said."""


def run_wrk(load: Load, cores: frozenset[int]) -> LoadReport:
    """Run it to the end. Raises LoadFailed."""
    with pinned(cores):
        started = subprocess.Popen(command(load), stdin=subprocess.DEVNULL, stdout=-1, stderr=-2, text=True)
    try:
        output, _ = started.communicate(timeout=load.duration_s + SLACK_S)
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"wrk did not end within {load.duration_s + SLACK_S:g} s") from None
    finally:
        started.kill()
        started.wait()
    return parse(output)


def command(load: Load) -> list[str]:
    """The command line; the duration is in whole seconds, as wrk takes no others."""
    options = [str(program("wrk")), "-t", "1", "-c", str(load.connections), "-d", f"{max(1, round(load.duration_s))}s"]
    for line in load.headers:
        options += ["-H", line]
    return [*options, "-s", str(load.script), f"http://127.0.0.1:{load.port}{load.path}"]


def parse(output: str) -> LoadReport:
    """The figures in wrk's output. Raises LoadFailed where there are none, or no request was answered."""
    line = next((line for line in output.splitlines() if line.startswith(MARK)), None)
    if line is None:
        raise LoadFailed(f"wrk gave no figures: {output.strip()[-500:]}")
    found = json.loads(line.removeprefix(MARK))
    if found["requests"] == 0:
        raise LoadFailed("no request was answered")
    return LoadReport(
        requests=found["requests"],
        seconds=found["duration_us"] / 1e6,
        answer_bytes=found["bytes"],
        not_2xx=found["status"],
        socket_errors=found["connect"] + found["read"] + found["write"] + found["timeout"],
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        p999_ms=found["p999_us"] / 1e3,
    )
