"""The kept inputs of each target: a text file with one input a line, escaped, so that a change of it can be read.

Kept small: of all inputs that a run found, those that together take every step from line to line of the sources and
meet every reason for a refusal, the shortest first.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeAlias

from tests.fuzz.forms import Form
from tests.fuzz.targets import POLICY_TARGETS, TARGETS

FOLDER = Path(__file__).resolve().parent / "corpus"
PARSERS = ("/gateway/hot/", "/gateway/codec/")

Step = tuple[object, ...]
Trace: TypeAlias = Callable[[FrameType, str, object], "Trace | None"]


def kept(target: str) -> list[bytes]:
    """The inputs of `target`, in the order of the file."""
    file = FOLDER / f"{target}.txt"
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return [line.encode("ascii").decode("unicode_escape").encode("latin-1") for line in lines]


def keep(target: str, inputs: Iterable[bytes]) -> Path:
    """Write the file anew; the path of it."""
    FOLDER.mkdir(exist_ok=True)
    lines = [data.decode("latin-1").encode("unicode_escape").decode("ascii") for data in sorted(set(inputs))]
    file = FOLDER / f"{target}.txt"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return file


def smallest_cover(target: str, source: Form, inputs: Iterable[bytes]) -> list[bytes]:
    """The few of `inputs` that do all that all of them do in the uncompiled form."""
    ordered = sorted(set(inputs), key=lambda data: (len(data), data))
    steps = [steps_of(source, target, data) for data in ordered]
    missing = set[Step]().union(*steps)
    chosen: list[bytes] = []
    # The shortest first; what longer ones then do as well is not needed any more.
    for data, own in zip(ordered, steps, strict=True):
        if own & missing:
            missing -= own
            chosen.append(data)
    return _without_needless(chosen, dict(zip(ordered, steps, strict=True)))


def steps_of(source: Form, target: str, data: bytes) -> set[Step]:
    """The steps from line to line that `data` takes in the uncompiled modules, and the errors that it meets."""
    if target in POLICY_TARGETS:
        # Its import takes steps of its own, which no input is kept for.
        importlib.import_module("tests.fuzz.policy_targets")
    with _watching(target) as steps:
        TARGETS[target]((source,), data)
    return steps


def _without_needless(chosen: list[bytes], steps: dict[bytes, set[Step]]) -> list[bytes]:
    counts: dict[Step, int] = {}
    for data in chosen:
        for step in steps[data]:
            counts[step] = counts.get(step, 0) + 1
    for data in sorted(chosen, key=len, reverse=True):
        if all(counts[step] > 1 for step in steps[data]):
            chosen.remove(data)
            for step in steps[data]:
                counts[step] -= 1
    return chosen


@contextmanager
def _watching(target: str) -> Iterator[set[Step]]:
    watched = tuple(f"/{place}" for place in POLICY_TARGETS.get(target, ())) or PARSERS
    steps: set[Step] = set()
    before: dict[FrameType, int] = {}

    def trace(frame: FrameType, event: str, argument: object) -> Trace | None:
        code = frame.f_code
        if event == "call":
            if not any(folder in code.co_filename for folder in watched):
                return None
            before[frame] = frame.f_lineno
        elif event == "line":
            steps.add((code.co_filename, before[frame], frame.f_lineno))
            before[frame] = frame.f_lineno
        elif event == "exception" and isinstance(argument, tuple) and watched is PARSERS:
            # Octets and numbers in the words are one reason; those of policies show what they were given.
            steps.add(("raised", re.sub(r"0x..|\d+", "#", str(argument[1]))))
        elif event == "return":
            before.pop(frame, None)
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(previous)
