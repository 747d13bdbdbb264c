"""Tests of taking a commit out of git and running it, on a repository made here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.commits import CHECKOUT, NotBuilt, build
from benchmarks.programs import WEIR
from tests.benchmarks.test_machine import git

CLI = 'import os, sys\nprint("{text}", os.environ["PYTHONPATH"], *sys.argv[1:])\n'


def write_weir(root: Path, text: str, setup: str = "open('built', 'w').write('yes')\n") -> None:
    folder = root / "gateway" / "cli"
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in (("__main__.py", CLI.format(text=text)), ("__init__.py", ""), ("../__init__.py", "")):
        (folder / file).write_text(content)
    (root / "setup.py").write_text(setup)
    git(root, "add", "-A")
    git(root, "commit", "-m", text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two commits that print different words."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init")
    write_weir(folder, "older")
    write_weir(folder, "newer")
    return folder


def test_each_commit_runs_its_own_files_wherever_it_is_called(root: Path, tmp_path: Path) -> None:
    builds = [build(revision, tmp_path / "commits", root) for revision in ("HEAD~1", "HEAD")]
    assert builds[0].short_id != builds[1].short_id
    for found, word in zip(builds, ("older", "newer"), strict=True):
        # In a folder that has a `gateway` of its own.
        done = subprocess.run([found.launcher, "run"], cwd=root, check=True, capture_output=True, text=True)
        assert done.stdout.split() == [word, str(found.launcher.parent), "run"]
        assert (found.launcher.parent / "built").exists()


def test_commit_is_built_once(root: Path, tmp_path: Path) -> None:
    first = build("HEAD", tmp_path / "commits", root)
    (first.launcher.parent / "built").unlink()
    assert build("HEAD", tmp_path / "commits", root) == first
    assert not (first.launcher.parent / "built").exists()


def test_build_that_was_interrupted_is_done_again(root: Path, tmp_path: Path) -> None:
    first = build("HEAD", tmp_path / "commits", root)
    first.launcher.unlink()
    (first.launcher.parent / "left.so").write_text("half")
    assert build("HEAD", tmp_path / "commits", root) == first
    assert not (first.launcher.parent / "left.so").exists()


def test_commit_that_does_not_compile_says_why(root: Path, tmp_path: Path) -> None:
    write_weir(root, "broken", "raise SystemExit('no such type')\n")
    with pytest.raises(NotBuilt, match="no such type"):
        build("HEAD", tmp_path / "commits", root)


@pytest.mark.parametrize("revision", ["nowhere", "--help", ""])
def test_unknown_revision_is_refused(root: Path, tmp_path: Path, revision: str) -> None:
    with pytest.raises(NotBuilt):
        build(revision, tmp_path / "commits", root)


def test_checkout_is_run_as_it_is(root: Path, tmp_path: Path) -> None:
    (root / "setup.py").write_text("edited")
    found = build(CHECKOUT, tmp_path / "commits", root)
    assert found.short_id.endswith("+")
    assert found.launcher == WEIR
    assert not (tmp_path / "commits").exists()
