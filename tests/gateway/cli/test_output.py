"""Tests of what commands print, on a terminal and off it."""

from __future__ import annotations

import io
import json
import sys

import pytest

from gateway.cli.output import write_json, write_table


class Terminal(io.StringIO):
    """A standard output that says it is one."""

    def isatty(self) -> bool:
        return True


def test_json_is_one_document_with_a_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": ["é", 1]})
    text = capsys.readouterr().out
    assert json.loads(text) == {"a": ["é", 1]}
    assert text.endswith("}\n")


def test_off_a_terminal_columns_are_aligned_and_empty_cells_marked(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(("name", "state"), [("a", "serving"), ("longer", "")])
    assert capsys.readouterr().out == "NAME    STATE\na       serving\nlonger  -\n"


def test_on_a_terminal_the_same_cells_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    write_table(("name", "state"), [("[red]a[/red]", "serving")])
    text = terminal.getvalue()
    assert "[red]a[/red]" in text, "cells are no markup"
    assert "┃" in text
