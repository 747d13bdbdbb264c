"""Tests of `weir run` as a process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.supervisor import Exit
from tests.support.commands import WEIR, help_text
from tests.support.weir_command import ROUTES, serving, status_of, weir
from tools.running import RunningProgram, free_ports


def test_serves_until_sigterm(tmp_path: Path) -> None:
    with serving(tmp_path) as (admin, port):
        assert status_of(f"{admin}/livez") == 200
        assert status_of(f"http://127.0.0.1:{port}/nowhere") == 404


def test_several_paths_are_one_configuration(tmp_path: Path) -> None:
    port, admin = free_ports(2)
    parts = ROUTES.format(port=port, admin=admin, tokens="").split("---\n")
    files = []
    for number, part in enumerate(parts):
        file = tmp_path / f"{number}.yaml"
        file.write_text(part, encoding="utf-8")
        files += ["-c", str(file)]
    program = RunningProgram([str(WEIR), "run", *files, "--workers", "1"], tmp_path / "weir.log")
    try:
        program.start(lambda: status_of(f"http://127.0.0.1:{admin}/readyz") == 200)
    finally:
        program.stop()


def test_nothing_valid_to_begin_with_is_its_own_exit_code(tmp_path: Path) -> None:
    ended = weir("run", "-c", tmp_path / "missing")
    assert ended.returncode == Exit.CONFIG
    assert "missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_state_folder_of_the_option_holds_the_last_good_set(tmp_path: Path) -> None:
    port, admin = free_ports(2)
    file, state = tmp_path / "routes.yaml", tmp_path / "state"
    file.write_text(ROUTES.format(port=port, admin=admin, tokens=""), encoding="utf-8")
    command = [str(WEIR), "run", "-c", str(file), "--state-dir", str(state)]
    for text in (None, "kind: [\n"):
        if text is not None:
            file.write_text(text, encoding="utf-8")
        program = RunningProgram(command, tmp_path / "weir.log")
        try:
            program.start(lambda: status_of(f"http://127.0.0.1:{admin}/readyz") == 200)
        finally:
            program.stop()


@pytest.mark.parametrize("code", list(Exit), ids=lambda code: code.name)
def test_help_documents_every_exit_code(code: Exit) -> None:
    text = " ".join(help_text("run").split())
    assert re.search(rf"[:;] {code.value} \w", text[text.index("Exit codes") :])
