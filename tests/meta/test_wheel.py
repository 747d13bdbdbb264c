"""The wheel that `pip install .` builds: compiled modules, the `weir` command, and nothing else of the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# One group: the wheel is built once, however many processes share the tests.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.xdist_group("wheel")]
PACKAGES = ("config", "discovery", "policies", "gateway")


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Name to bytes of all files of a wheel built from a copy of the sources, with no compiled module in it."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for file in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md"):
        shutil.copy(ROOT / file, copy / file)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(copy)], check=True, capture_output=True, timeout=1800)
    (wheel,) = folder.glob("weir-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_has_every_compiled_module(contents: dict[str, bytes]) -> None:
    wanted = {
        str(types.relative_to(ROOT).with_suffix(""))
        for package in PACKAGES
        for types in (ROOT / package).rglob("*.pxd")
    }
    assert wanted
    assert {name.partition(".")[0] for name in contents if name.endswith(".so")} == wanted


def test_wheel_has_the_command_and_only_weirs_packages(contents: dict[str, bytes]) -> None:
    (entry_points,) = [text for name, text in contents.items() if name.endswith("entry_points.txt")]
    assert b"weir = gateway.cli:main" in entry_points
    tops = {name.partition("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert not [name for name in contents if name.endswith((".c", ".pyx"))]
