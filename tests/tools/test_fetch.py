"""Tests of bringing a program into `.tools`: from a package made here, with a wrapper that runs it."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.programs import require_program
from tools import debian, fetch
from tools.pins import Package, Program

PROGRAM = Program("hello", "bookworm", ("hello",), frozenset(), frozenset({"test"}), {"hello": "usr/bin/hello"})


@pytest.fixture
def package_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A .deb with one script, pinned and already downloaded, and an empty tools folder."""
    root = tmp_path / "package"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: hello\nVersion: 1\nArchitecture: all\nMaintainer: Weir <weir@example.org>\nDescription: says hello\n"
    )
    script = root / "usr" / "bin" / "hello"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\necho "hello $1"\n')
    script.chmod(0o755)
    file = tmp_path / "hello_1_all.deb"
    subprocess.run([require_program("dpkg-deb"), "--build", root, file], check=True, capture_output=True)
    pin = Package("hello", "1", f"pool/{file.name}", hashlib.sha256(file.read_bytes()).hexdigest())
    monkeypatch.setattr(fetch, "TOOLS_DIR", tmp_path / "tools")
    monkeypatch.setattr(fetch, "pinned", lambda name, architecture: [pin])
    monkeypatch.setattr(debian, "download", lambda package, folder: file)
    return file


def test_wrapper_runs_the_program_from_anywhere(package_file: Path, tmp_path: Path) -> None:
    assert fetch.install(PROGRAM, "amd64")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "tools" / "bin" / "hello")
    done = subprocess.run([link, "there"], check=True, capture_output=True, text=True, cwd="/")
    assert done.stdout == "hello there\n"


def test_wrapper_sets_variables_to_places_in_the_packages(package_file: Path, tmp_path: Path) -> None:
    program = replace(PROGRAM, environment={"HELLO_LIB": "usr/lib"}, commands={"hello": "usr/bin/hello"})
    assert fetch.install(program, "amd64")
    text = (tmp_path / "tools" / "bin" / "hello").read_text()
    done = subprocess.run(
        ["sh", "-c", text.replace("exec", "echo $HELLO_LIB #"), tmp_path / "tools" / "bin" / "hello"],
        check=True,
        capture_output=True,
        text=True,
    )
    (folder,) = (tmp_path / "tools").glob("hello-*")
    assert done.stdout == f"{folder}/usr/lib\n"


def test_second_fetch_finds_it_ready(package_file: Path) -> None:
    assert fetch.install(PROGRAM, "amd64")
    assert not fetch.install(PROGRAM, "amd64")


def test_fetch_that_was_interrupted_is_taken_up_again(package_file: Path, tmp_path: Path) -> None:
    assert fetch.install(PROGRAM, "amd64")
    (tmp_path / "tools" / "bin" / "hello").unlink()
    assert fetch.install(PROGRAM, "amd64")


def test_wrapper_looks_for_libraries_in_further_folders_too(package_file: Path, tmp_path: Path) -> None:
    assert fetch.install(replace(PROGRAM, libraries=("more",)), "amd64")
    wrapper = tmp_path / "tools" / "bin" / "hello"
    text = wrapper.read_text().replace("exec", "echo $LD_LIBRARY_PATH #")
    done = subprocess.run(["sh", "-c", text, wrapper], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    (folder,) = (tmp_path / "tools").glob("hello-*")
    assert done.stdout.strip().split(":")[-1] == f"{folder}/usr/lib/x86_64-linux-gnu/more"
