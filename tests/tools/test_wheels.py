"""Tests of programs from wheels: pinned bytes only, unpacked so that they run."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from tools import fetch, wheels
from tools.debian import FetchError
from tools.pins import PYPI, Package, Program

METADATA = "Metadata-Version: 2.1\nName: hello-program\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """A wheel with one script in a folder of its own, the only place that pip looks at."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    file = shelf / "hello_program-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello/_bin/hello", '#!/bin/sh\necho "hello $1"\n')
        archive.writestr("hello_program-1.0.dist-info/METADATA", METADATA)
        archive.writestr("hello_program-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("hello_program-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return Package("hello-program", "1.0", f"pypi/{file.name}", hashlib.sha256(file.read_bytes()).hexdigest())


def test_pinned_wheel_is_fetched_and_its_program_runs(pin: Package, tmp_path: Path) -> None:
    file = wheels.download(pin, tmp_path / "downloads")
    wheels.unpack(file, tmp_path / "root")
    done = subprocess.run([tmp_path / "root/hello/_bin/hello", "you"], check=True, capture_output=True, text=True)
    assert done.stdout == "hello you\n"


def test_other_bytes_than_the_pinned_ones_are_refused(pin: Package, tmp_path: Path) -> None:
    other = Package(pin.name, pin.version, pin.path, "0" * 64)
    with pytest.raises(FetchError, match=r"(?i)hash"):
        wheels.download(other, tmp_path / "downloads")
    assert not (tmp_path / "downloads" / pin.file_name).exists()


def test_newest_version_is_found_with_its_hash(pin: Package) -> None:
    assert wheels.newest("hello-program") == pin


def test_program_of_a_wheel_gets_a_wrapper(pin: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(
        "hello", PYPI, ("hello-program",), frozenset(), frozenset({"test"}), {"hello": "hello/_bin/hello"}
    )
    monkeypatch.setattr(fetch, "TOOLS_DIR", tmp_path / "tools")
    monkeypatch.setattr(fetch, "pinned", lambda name, architecture: [pin])
    assert fetch.install(program, "amd64")
    done = subprocess.run([tmp_path / "tools/bin/hello", "there"], check=True, capture_output=True, text=True)
    assert done.stdout == "hello there\n"
    assert not fetch.install(program, "amd64")
