"""Tests of the switch between compiled modules and their sources."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from config.pure_mode import SourceFinder, install, is_pure

ROOT = Path(__file__).resolve().parents[2]
PROBE = "import discovery.balancing.round_robin as module; print(module.__file__)"


def file_of_a_compiled_module(pure: str) -> str:
    """Where a fresh interpreter imports a module with a compiled form from, under that value of `WEIR_PURE`."""
    environment = {**os.environ, "WEIR_PURE": pure}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_switch_imports_the_source_and_its_absence_the_compiled_one() -> None:
    assert file_of_a_compiled_module("1").endswith("round_robin.py")
    assert file_of_a_compiled_module("").endswith(EXTENSION_SUFFIXES[0])


def test_finder_leaves_modules_of_others_alone() -> None:
    import json

    assert SourceFinder().find_spec("json.decoder", list(json.__path__)) is None


def test_finder_finds_packages_and_modules_of_weir() -> None:
    config = importlib.import_module("config")
    spec = SourceFinder().find_spec("config.sources", list(config.__path__))
    assert spec is not None
    assert spec.submodule_search_locations is not None
    assert SourceFinder().find_spec("config.no_such_module", list(config.__path__)) is None


def test_switch_is_put_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_PURE", "1")
    monkeypatch.setattr(sys, "meta_path", [each for each in sys.meta_path if not isinstance(each, SourceFinder)])
    install()
    install()
    assert is_pure()
    assert sum(isinstance(each, SourceFinder) for each in sys.meta_path) == 1


def test_no_switch_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIR_PURE", raising=False)
    finders = [each for each in sys.meta_path if not isinstance(each, SourceFinder)]
    monkeypatch.setattr(sys, "meta_path", list(finders))
    install()
    assert sys.meta_path == finders
