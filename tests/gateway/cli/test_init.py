"""Tests of the entry point."""

from __future__ import annotations

import pytest

from gateway.cli import main


def test_returns_the_exit_code_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert main(["schema", "--kind", "Nothing"]) == 2
    assert "there is no kind Nothing" in capsys.readouterr().err
