"""Tests of the list of compiled modules."""

from __future__ import annotations

from pathlib import Path

from config.pure_mode import is_pure
from gateway.hot import compiled

ROOT = Path(__file__).resolve().parents[3]


def test_names_every_module_that_has_types_beside_it() -> None:
    typed = {
        ".".join(types.relative_to(ROOT).with_suffix("").parts)
        for package in ("config", "discovery", "policies", "gateway")
        for types in (ROOT / package).rglob("*.pxd")
    }
    assert typed <= set(compiled())


def test_all_of_them_are_compiled_unless_the_process_was_told_to_run_uncompiled() -> None:
    assert set(compiled().values()) == {not is_pure()}, "run `make build` after adding types to a module"
