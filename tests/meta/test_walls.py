"""The three walls of the house: direction of imports, sans-I/O parts, one implementation of each thing."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "discovery", "policies", "gateway")
SANS_IO = (
    "gateway.hot",
    "gateway.codec",
    "policies",
    "discovery.balancing",
    "discovery.health.by_hand",
    "discovery.health.outlier",
    "discovery.health.standing",
    "discovery.health.state",
    "discovery.health.witness",
    "gateway.dns.zone",
)
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def exists(module: str) -> bool:
    """Whether a module or package of Weir is there by now."""
    place = ROOT.joinpath(*module.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def imported(source: Path) -> set[str]:
    """Top-level names that a source imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_sans_io_contract_names_every_sans_io_module() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (listed,) = [contract["source_modules"] for contract in contracts if contract["id"] == "sans-io"]
    assert sorted(listed) == sorted(module for module in SANS_IO if exists(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_weir_imports_neither_its_tests_nor_its_tools(package: str) -> None:
    for source in (ROOT / package).rglob("*.py"):
        assert not imported(source) & {"tests", "tools", "benchmarks"}, source


def test_types_lie_beside_a_source_of_the_same_name() -> None:
    for package in PACKAGES:
        assert not list((ROOT / package).rglob("*.pyx"))
        for types in (ROOT / package).rglob("*.pxd"):
            assert types.with_suffix(".py").exists(), types


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_source_says_what_it_is_for(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a file begins with the one reason that it exists for"
    assert source.stem not in {"utils", "util", "common", "helpers", "base", "misc", "manager"}


def test_only_tasks_creates_tasks() -> None:
    for source in (ROOT / "gateway").rglob("*.py"):
        if source.name != "tasks.py":
            assert "create_task(" not in source.read_text(encoding="utf-8").replace("TaskGroup", ""), source
