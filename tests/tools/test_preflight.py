"""Tests of what the set-up says of a machine that lacks something."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from tools import preflight


def test_this_machine_is_ready() -> None:
    assert preflight.missing() == []


def test_names_the_package_with_the_headers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    assert preflight.missing() == [f"no Python.h in {tmp_path}: apt-get install python3-dev"]


def test_names_the_package_with_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert preflight.missing() == ["no C compiler: apt-get install gcc libc6-dev"]
