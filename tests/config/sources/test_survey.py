"""Tests of what is taken for a resource file, and of which folders tell of its changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.sources import survey as module
from config.sources.survey import survey


def names(folder: Path) -> list[str]:
    return [str(Path(file.name).relative_to(folder)) for file in survey([folder]).files]


def messages(path: Path) -> list[str]:
    return [problem.message for problem in survey([path]).problems]


def write(file: Path, text: str = "kind: A\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def watched(path: Path) -> set[str]:
    return {folder for folder, _, _ in survey([path]).folders}


def test_takes_yaml_and_json_below_a_folder_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yml", "a/b/c.json", "c.YAML", "notes.txt", "yaml"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a/b/c.json", "a/z.yml", "b.yaml", "c.YAML"]


def test_leaves_hidden_files_and_folders_out_but_not_below_a_hidden_path_that_is_given(tmp_path: Path) -> None:
    for name in (".a.yaml", ".git/b.yaml", "..data/c.yaml", "d.yaml"):
        write(tmp_path / ".hidden" / name)
    assert names(tmp_path / ".hidden") == ["d.yaml"]


def test_takes_a_file_that_is_given_whatever_its_name(tmp_path: Path) -> None:
    file = write(tmp_path / "weir.conf")
    assert [found.name for found in survey([file]).files] == [str(file)]


def test_keeps_the_order_of_the_paths_and_finds_a_file_once(tmp_path: Path) -> None:
    second, first = write(tmp_path / "b.yaml"), write(tmp_path / "a.yaml")
    (tmp_path / "c.yaml").symlink_to(first)
    assert [found.name for found in survey([second, tmp_path]).files] == [str(second), str(first)]


def test_a_path_that_is_missing_is_a_problem_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path / "weir.yaml")
    (problem,) = survey([tmp_path / "wier.yaml"]).problems
    assert (problem.file, problem.message) == (str(tmp_path / "wier.yaml"), "there is no such file or folder")
    assert problem.suggestion == 'did you mean "weir.yaml"?'


def test_a_link_to_nowhere_is_a_problem_and_an_editors_hidden_one_is_not(tmp_path: Path) -> None:
    write(tmp_path / "b.yaml")
    (tmp_path / ".#b.yaml").symlink_to("user@host.1")
    assert messages(tmp_path) == []
    (tmp_path / "a.yaml").symlink_to("gone.yaml")
    assert messages(tmp_path) == ["the link leads to gone.yaml, which is not there"]
    assert names(tmp_path) == ["b.yaml"]


def test_links_in_a_circle_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("b.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    assert messages(tmp_path) == ["it cannot be read: Too many levels of symbolic links"] * 2
    assert messages(tmp_path / "a.yaml") == ["it cannot be read: Too many levels of symbolic links"]


def test_a_folder_that_contains_itself_is_a_problem_and_ends(tmp_path: Path) -> None:
    write(tmp_path / "conf/a.yaml")
    (tmp_path / "conf/deep").mkdir()
    (tmp_path / "conf/deep/again").symlink_to(tmp_path / "conf")
    assert messages(tmp_path / "conf") == ["the folder contains itself"]
    assert names(tmp_path / "conf") == ["a.yaml"]


def test_follows_a_link_to_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/a.yaml")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/link").symlink_to("../elsewhere")
    assert names(tmp_path / "conf") == ["link/a.yaml"]
    assert {str(tmp_path / "elsewhere"), str(tmp_path / "conf")} <= watched(tmp_path / "conf")


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml/b.yaml")
    assert names(tmp_path) == ["a.yaml/b.yaml"]


def test_a_folder_without_resource_files_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt")
    assert messages(tmp_path) == ["the folder holds no *.yaml, *.yml, *.json file"]


def test_a_pipe_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert messages(tmp_path) == ["it is a pipe, not a file"]
    assert messages(Path("/dev/null")) == ["it is a device, not a file"]


def test_files_and_folders_and_levels_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        write(tmp_path / f"{number}.yaml")
        write(tmp_path / f"f{number}" / "a.yaml")
    monkeypatch.setattr(module, "MAX_FILES", 3)
    assert names(tmp_path) == ["0.yaml", "1.yaml", "2.yaml"]
    assert messages(tmp_path) == ["more than 3 files; the rest is not read"]
    monkeypatch.setattr(module, "MAX_FILES", 100)
    monkeypatch.setattr(module, "MAX_FOLDERS", 2)
    assert messages(tmp_path) == ["more than 2 folders; the rest is not read"]
    assert names(tmp_path)[-1] == "f0/a.yaml"
    monkeypatch.setattr(module, "MAX_FOLDERS", 100)
    monkeypatch.setattr(module, "MAX_DEPTH", 1)
    assert set(messages(tmp_path)) == {"more than 1 levels of folders"}


@pytest.mark.parametrize("how", ["rewritten", "replaced", "touched", "gone", "linked elsewhere"])
def test_every_change_of_a_file_makes_a_difference(tmp_path: Path, how: str) -> None:
    file = write(tmp_path / "a.yaml")
    write(tmp_path / "b.yaml")
    before = survey([tmp_path])
    assert not survey([tmp_path]).differs(before)
    match how:
        case "rewritten":
            file.write_text("kind: B\n")
            os.utime(file, ns=(0, before.files[0].identity[2]))
        case "replaced":
            write(tmp_path / "new").replace(file)
        case "touched":
            os.utime(file)
        case "gone":
            file.unlink()
        case _:
            file.unlink()
            file.symlink_to(write(tmp_path / "other"))
    assert survey([tmp_path]).differs(before)


def test_a_file_beside_that_is_no_resource_makes_none(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml")
    before = survey([tmp_path])
    write(tmp_path / ".a.yaml.swp")
    write(tmp_path / "notes.txt")
    assert not survey([tmp_path]).differs(before)


def test_watches_the_folder_of_a_file_and_of_every_link_on_the_way(tmp_path: Path) -> None:
    file = write(tmp_path / "releases/7/conf/a.yaml")
    (tmp_path / "current").symlink_to("releases/7")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/weir.yaml").symlink_to("../current/conf/a.yaml")
    assert watched(tmp_path / "etc/weir.yaml") == {str(tmp_path), str(tmp_path / "etc"), str(file.parent)}


def test_watches_the_folder_above_a_folder_as_it_may_be_replaced(tmp_path: Path) -> None:
    write(tmp_path / "conf/a.yaml")
    before = survey([tmp_path / "conf"])
    assert watched(tmp_path / "conf") == {str(tmp_path), str(tmp_path / "conf")}
    (tmp_path / "conf").rename(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "older")
    write(tmp_path / "conf/a.yaml")
    assert survey([tmp_path / "conf"]).folders != before.folders


def test_watches_the_last_folder_on_the_way_to_what_is_not_there_yet(tmp_path: Path) -> None:
    assert watched(tmp_path / "a/b/c.yaml") == {str(tmp_path)}
    (tmp_path / "a").mkdir()
    assert watched(tmp_path / "a/b/c.yaml") == {str(tmp_path / "a")}
