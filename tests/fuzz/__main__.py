"""`python -m tests.fuzz`: run the fuzzer, give one input to a target again, keep what runs have found."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.forms import imported_form, source_form
from tests.fuzz.targets import TARGETS


def main(arguments: list[str]) -> int:
    """The exit code: 1 where a run found something. A replay that fails shows where."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="fuzz for some CPU time")
    run.add_argument("--seconds", type=float, default=600.0, help="CPU time of all targets together")
    run.add_argument("--slice", type=float, default=120.0, help="CPU time until the next target's turn")
    run.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    replay = commands.add_parser("replay", help="give files to a target again")
    replay.add_argument("target", choices=TARGETS)
    replay.add_argument("files", nargs="+", type=Path)
    commands.add_parser("keep", help="choose the corpus to commit from what runs have found")
    given = parser.parse_args(arguments)
    if given.command == "run":
        from tests.fuzz.run import run as run_fuzzer

        # So that a run which is ended is written down as well, also where a shell has it ignore SIGINT.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        tallies = run_fuzzer(given.seconds, given.targets, given.slice)
        return 1 if any(tally.findings for tally in tallies.values()) else 0
    if given.command == "replay":
        forms = (imported_form(), source_form())
        for file in given.files:
            TARGETS[given.target](forms, file.read_bytes())
            print(f"{file}: holds")  # noqa: T201
        return 0
    return _keep()


def _keep() -> int:
    from tests.fuzz.run import WORK

    source = source_form()
    for target in TARGETS:
        found = [file.read_bytes() for file in (WORK / target).glob("*")]
        chosen = corpus.smallest_cover(target, source, [*found, *corpus.kept(target)])
        print(f"{corpus.keep(target, chosen)}: {len(chosen)} of {len(found)}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
