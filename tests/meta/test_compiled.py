"""One source, two forms: what is compiled is also tested uncompiled, and what does not compile ends the build."""

from __future__ import annotations

import importlib.machinery
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.test_mirror import has_test

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "discovery", "policies", "gateway")
SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]


def compiled_sources() -> list[str]:
    """The sources with types beside them, as paths from the root."""
    types = [file for package in PACKAGES for file in (ROOT / package).rglob("*.pxd")]
    return sorted(str(file.relative_to(ROOT).with_suffix(".py")) for file in types)


def uncompiled_tests() -> list[Path]:
    """What `make test` gives to pytest under `WEIR_PURE=1`."""
    shown = subprocess.run(
        ["make", "--silent", "--eval", "show-pure-tests: ; @printf '%s\\n' $(PURE_TESTS)", "show-pure-tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in shown.stdout.splitlines()]


def test_tests_of_every_compiled_module_also_run_uncompiled() -> None:
    given = uncompiled_tests()
    assert all((ROOT / path).exists() for path in given)
    for source in map(Path, compiled_sources()):
        assert has_test(str(source))
        mirror = Path("tests") / source.parent
        mirrors = {mirror / f"test_{source.name}", mirror / source.stem}
        assert any(path in given or set(path.parents) & set(given) for path in mirrors), source


@pytest.mark.parametrize("folder", ["props", "fuzz", "integration"])
def test_parsers_and_whole_gateways_are_tested_uncompiled_too(folder: str) -> None:
    assert Path("tests", folder) in uncompiled_tests()


def built(folder: Path, source: str, types: str) -> subprocess.CompletedProcess[str]:
    """A build, by Weir's own setup.py, of a tree with one compiled module."""
    shutil.copy(ROOT / "setup.py", folder)
    package = folder / "gateway"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "module.py").write_text(source)
    (package / "module.pxd").write_text(types)
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_module_that_compiles_is_built_beside_its_source(tmp_path: Path) -> None:
    done = built(tmp_path, "def twice(number):\n    return number * 2\n", "cpdef int twice(int number)\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "gateway" / f"module{SUFFIX}").exists()


@pytest.mark.parametrize(
    ("source", "types"),
    [
        ("def twice(number):\n    return number * 2\n", "cpdef nothing twice(int number)\n"),
        ("def twice(number):\n    return number.x.\n", "cpdef int twice(int number)\n"),
        ("def twice(number):\n    return missing(number)\n", "cdef extern from 'missing.h':\n    int missing(int)\n"),
    ],
    ids=["a type that is none", "a source that is none", "C that is none"],
)
def test_a_module_that_does_not_compile_fails_the_build_with_its_name(source: str, types: str, tmp_path: Path) -> None:
    done = built(tmp_path, source, types)
    assert done.returncode != 0
    assert "module" in done.stderr
    assert not list(tmp_path.rglob(f"*{SUFFIX}"))
