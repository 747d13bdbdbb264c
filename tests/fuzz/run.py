"""A fuzz run of a given CPU time: the targets take turns in slices, each its own process at low priority, on one core.

It can be ended and begun again at any time: libFuzzer writes each input that adds coverage to the working corpus at
once, and a run begins with that and with the kept one. What came of it is appended to `RUNS.md`.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.corpus import kept
from tests.fuzz.forms import source_form
from tests.fuzz.targets import POLICY_TARGETS

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "fuzz"
RUNS = Path(__file__).resolve().parent / "RUNS.md"
DICTIONARIES = Path(__file__).resolve().parent
SLICE_S = 120.0
"""How long a target has the core: long enough that loading its corpus is little of it."""
NICENESS = 19
INPUT_TIMEOUT_S = 25
MEMORY_MB = 2048
MAX_INPUT_BYTES = {"requests": 8192, "answers": 8192, "chunks": 6000, "baggage": 8400, "tokens": 8400}
"""Past the bounds that the targets set, so that each can be passed."""
MAX_OTHER_BYTES = 1024


@dataclass(slots=True)
class Tally:
    """What became of one target in one run; `edges` before and after; `findings` the files with inputs that failed."""

    cpu_s: float = 0.0
    executions: int = 0
    edges: tuple[int, int] = (0, 0)
    new_inputs: int = 0
    findings: list[Path] = field(default_factory=list)


def digest_of_modules(sources: Sequence[Path]) -> str:
    """Twelve digits for the sources under test, types included: a run is about these and no others."""
    files = [file for source in sources for file in (source, source.with_suffix(".pxd"))]
    found = b"".join(file.read_bytes() for file in files if file.exists())
    return hashlib.sha256(found).hexdigest()[:12]


def sources_of(target: str) -> list[Path]:
    """The modules that `target` is about."""
    if target not in POLICY_TARGETS:
        return list(source_form().sources)
    places = [ROOT / place for place in POLICY_TARGETS[target]]
    return sorted(file for place in places for file in ([place] if place.suffix else place.glob("*.py")))


def run(
    seconds: float, targets: Sequence[str], slice_s: float = SLICE_S, work: Path = WORK, log: Path = RUNS
) -> dict[str, Tally]:
    """Fuzz until `seconds` of CPU time are used in all, or something is found; the tally of each target.

    A turn is of `slice_s`, or less, so that every target has one. `work` has a folder of inputs per target, and
    `findings`.
    """
    tallies = {target: Tally() for target in targets}
    try:
        for target, left_s in _turns(seconds, tallies):
            _slice(target, min(slice_s, seconds / len(targets), left_s), tallies[target], work)
            _say(target, tallies[target])
            if tallies[target].findings:
                break
    finally:
        write_log(tallies, log)
    return tallies


def _turns(seconds: float, tallies: dict[str, Tally]) -> Iterator[tuple[str, float]]:
    while True:
        for target in tallies:
            left_s = seconds - sum(tally.cpu_s for tally in tallies.values())
            if left_s < 1:
                return
            yield target, left_s


def _slice(target: str, seconds: float, tally: Tally, work: Path) -> None:
    corpus, found = work / target, work / "findings"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for data in kept(target):
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    inputs, findings = _names(corpus), _names(found)
    dictionary = DICTIONARIES / ("policies.dict" if target in POLICY_TARGETS else "http.dict")
    command = [
        *(sys.executable, "-m", "tests.fuzz.guided", target, str(seconds), str(corpus)),
        *(
            f"-dict={dictionary}",
            f"-max_len={MAX_INPUT_BYTES.get(target, MAX_OTHER_BYTES)}",
            f"-timeout={INPUT_TIMEOUT_S}",
        ),
        *(f"-artifact_prefix={found}/{target}-", "-print_final_stats=1", f"-rss_limit_mb={MEMORY_MB}"),
    ]
    log = work / f"{target}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, stdin=subprocess.DEVNULL, preexec_fn=_yield_to_others
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            # libFuzzer ends at it with its figures, so that what was done so far counts.
            process.send_signal(signal.SIGUSR1)
            _, _, usage = os.wait4(process.pid, 0)
            _count(tally, usage.ru_utime + usage.ru_stime, log.read_text(encoding="utf-8", errors="replace"))
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(encoding="utf-8", errors="replace")
    _count(tally, usage.ru_utime + usage.ru_stime, text)
    tally.new_inputs += len(_names(corpus) - inputs)
    tally.findings += [found / name for name in sorted(_names(found) - findings)]
    if process.returncode != 0 and not tally.findings:
        raise SystemExit(f"the fuzzer failed ({process.returncode}):\n{text[-4000:]}")


def _count(tally: Tally, cpu_s: float, told: str) -> None:
    tally.cpu_s += cpu_s
    tally.executions += sum(map(int, re.findall(r"stat::number_of_executed_units: (\d+)", told)))
    edges = [int(found) for found in re.findall(r"\bcov: (\d+) ft:", told)]
    if edges:
        tally.edges = (tally.edges[0] or edges[0], edges[-1])


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def _yield_to_others() -> None:
    os.nice(NICENESS - os.nice(0))


def _say(target: str, tally: Tally) -> None:
    words = f"{tally.cpu_s:8.0f} s CPU, {tally.executions:10,} inputs, {tally.edges[1]} edges, {tally.new_inputs} kept"
    print(f"{target:12s}{words}, {len(tally.findings)} findings", flush=True)  # noqa: T201
    for file in tally.findings:
        print(f"  again: python -m tests.fuzz replay {target} {file}", flush=True)  # noqa: T201


def write_log(tallies: dict[str, Tally], file: Path = RUNS) -> None:
    """Append a line per target to the log of runs."""
    day = time.strftime("%Y-%m-%d")
    lines = [
        f"| {day} | {digest_of_modules(sources_of(target))} | {target} | {tally.cpu_s:.0f} | {tally.executions:,} | "
        f"{tally.edges[0]} -> {tally.edges[1]} | {tally.new_inputs} | {len(tally.findings)} |\n"
        for target, tally in tallies.items()
        if tally.executions
    ]
    with file.open("a", encoding="utf-8") as log:
        log.writelines(lines)
