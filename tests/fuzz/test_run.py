"""A run takes the CPU time that it is given, leaves what it found, and says which code it was about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import run
from tests.fuzz.forms import source_form
from tests.fuzz.targets import POLICY_TARGETS, TARGETS
from tests.support.weir_command import eventually


def test_a_digest_is_of_the_sources_and_their_types(tmp_path: Path) -> None:
    source = tmp_path / "scanner.py"
    source.write_text("one")
    digest = run.digest_of_modules([source])
    assert len(digest) == 12 and digest == run.digest_of_modules([source])
    source.with_suffix(".pxd").write_text("types")
    assert run.digest_of_modules([source]) != digest


def test_modules_under_test_are_all_that_the_scanners_are_made_of() -> None:
    names = {f"{file.parent.name}/{file.name}" for file in source_form().sources}
    assert {"hot/head.py", "hot/fields.py", "hot/chunk.py", "hot/octets.py", "codec/http1.py"} <= names


def test_log_has_a_line_for_each_target_that_ran(tmp_path: Path) -> None:
    log = tmp_path / "RUNS.md"
    run.write_log({"requests": run.Tally(61.7, 12_345, (10, 20), 3), "chunks": run.Tally()}, log)
    digest = run.digest_of_modules(source_form().sources)
    (line,) = log.read_text().splitlines()
    assert line.split(" | ")[1:] == [digest, "requests", "62", "12,345", "10 -> 20", "3", "0 |"]


def test_every_target_has_its_turn_in_a_short_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[str, float]] = []

    def fuzzed(target: str, seconds: float, tally: run.Tally, _: Path) -> None:
        turns.append((target, seconds))
        tally.cpu_s += seconds

    monkeypatch.setattr(run, "_slice", fuzzed)
    run.run(60.0, list(TARGETS), 120.0, tmp_path, tmp_path / "RUNS.md")
    assert turns == [(target, 60.0 / len(TARGETS)) for target in TARGETS]


@pytest.mark.slow
def test_a_guided_run_finds_coverage_and_ends_by_cpu_time(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="Atheris comes with `make fuzz`", exc_type=ImportError)
    tallies = run.run(6.0, ["chunks"], 3.0, tmp_path / "work", tmp_path / "RUNS.md")
    tally = tallies["chunks"]
    assert tally.findings == [] and tally.executions > 100
    assert tally.edges[1] >= tally.edges[0] > 20
    assert tally.new_inputs > 0
    assert (tmp_path / "RUNS.md").read_text().count("\n") == 1


@pytest.mark.slow
def test_a_run_that_is_ended_is_written_down(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="Atheris comes with `make fuzz`", exc_type=ImportError)
    program = (
        "import signal, sys, pathlib; from tests.fuzz import run; folder = pathlib.Path(sys.argv[1]); "
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); "
        "run.run(600.0, ['chunks'], 600.0, folder, folder / 'RUNS.md')"
    )
    process = subprocess.Popen([sys.executable, "-c", program, tmp_path], cwd=run.ROOT)
    try:
        eventually(lambda: b"DONE" in _log(tmp_path) or b"NEW" in _log(tmp_path))
        process.terminate()
        assert process.wait(30) == 143
    finally:
        process.kill()
        process.wait()
    assert " chunks " in (tmp_path / "RUNS.md").read_text()


def _log(folder: Path) -> bytes:
    log = folder / "chunks.log"
    return log.read_bytes() if log.exists() else b""


@pytest.mark.parametrize("target", POLICY_TARGETS)
def test_sources_of_a_target_of_policies_have_one_form(target: str) -> None:
    sources = run.sources_of(target)
    assert sources and all(file.is_file() for file in sources)
    assert not [file for file in sources if file.with_suffix(".pxd").exists()], "coverage would not see it"
