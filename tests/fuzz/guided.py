"""One slice of a coverage-guided run, in a process of its own: libFuzzer by way of Atheris drives one target.

Coverage is that of the uncompiled form, whose bytecode Atheris instruments as it is imported; the compiled form runs
beside it and must agree. Run as `python -m tests.fuzz.guided TARGET CPU_SECONDS LIBFUZZER-ARGUMENT...`.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from contextlib import nullcontext

import atheris  # type: ignore[import-untyped]

from tests.fuzz.forms import imported_form, source_form
from tests.fuzz.targets import POLICY_TARGETS, TARGETS


def main(name: str, seconds: float, arguments: list[str]) -> None:
    """Fuzz until that much CPU time is used; libFuzzer ends the process, with 0 unless it found something."""
    watch = nullcontext() if name in POLICY_TARGETS else atheris.instrument_imports(include=["gateway"])
    forms = (imported_form(), source_form(watch))
    if not forms[0].compiled or forms[1].compiled:
        raise SystemExit("the modules are not compiled: run `make build`, without WEIR_PURE")
    if name in POLICY_TARGETS:
        with atheris.instrument_imports(include=["policies", "config.expressions", "config.resources.scalars"]):
            importlib.import_module("tests.fuzz.policy_targets")
    target = TARGETS[name]
    executions = 0

    def test_one_input(data: bytes) -> None:
        nonlocal executions
        target(forms, data)
        executions += 1
        if executions % 256 == 0 and time.process_time() > seconds:
            # libFuzzer takes it for the wish to end after this input, and prints its figures.
            os.kill(os.getpid(), signal.SIGUSR1)

    atheris.Setup([sys.argv[0], *arguments], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
