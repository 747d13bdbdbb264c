"""What resource files there are at some paths, how to tell whether one changed, and which folders tell of changes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from config.problems import Problem, nearest

SUFFIXES = (".yaml", ".yml", ".json")

MAX_FILES = 20_000
MAX_FOLDERS = 10_000
MAX_DEPTH = 32
"""Bounds of one look: `-c /` is a slip of the finger, and would otherwise keep the supervisor busy for hours."""

MAX_LINKS = 40
"""Symbolic links on the way to one file; Linux gives up after as many."""

KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One file: `name` as problems show it, `real` without links, and what differs once it was changed or replaced."""

    name: str
    real: str
    size_bytes: int
    identity: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Survey:
    """One look. Equal `files` and `problems` mean that nothing changed.

    `folders` are those in which a change can show: path without links, device and inode (a folder that was replaced
    by another of its name needs a watch of its own).
    """

    files: tuple[Found, ...]
    problems: tuple[Problem, ...]
    folders: frozenset[tuple[str, int, int]]

    def differs(self, other: Survey) -> bool:
        """Whether what there is to read has changed."""
        return (self.files, self.problems) != (other.files, other.problems)


def survey(paths: Iterable[Path]) -> Survey:
    """Look at files, and at all `*.yaml`, `*.yml` and `*.json` below folders, by path, hidden names left out.

    A hidden name begins with a dot: editors' leftovers, `.git`, and the `..data` of a Kubernetes volume, to which its
    visible entries are links. A file is found once, however many ways lead to it. Nothing is opened.
    """
    look = _Look()
    for path in paths:
        look.at(path)
    return Survey(tuple(look.files), tuple(look.problems), frozenset(look.folders))


def unreadable(name: str, error: OSError) -> Problem:
    """The problem for a file or folder that cannot be read."""
    if isinstance(error, PermissionError):
        return Problem(name, 0, 0, "", "permission denied", f"it must be readable for user {os.geteuid()}")
    return Problem(name, 0, 0, "", f"it cannot be read: {error.strerror or error}")


def irregular(name: str, mode: int) -> Problem | None:
    """The problem for what is no file at all: reading a pipe or a device could wait for ever."""
    if stat.S_ISREG(mode):
        return None
    return Problem(name, 0, 0, "", f"it is {KINDS.get(stat.S_IFMT(mode), 'no regular file')}, not a file")


class _Look:
    def __init__(self) -> None:
        self.files: list[Found] = []
        self.problems: list[Problem] = []
        self.folders: set[tuple[str, int, int]] = set()
        self._seen_files: set[tuple[int, int]] = set()
        self._seen_folders: set[tuple[int, int]] = set()

    def at(self, path: Path) -> None:
        """Look at one of the given paths."""
        real = self._follow(str(path))
        try:
            status = path.stat()
        except OSError as error:
            self.problems.append(
                _missing(path) if isinstance(error, FileNotFoundError) else unreadable(str(path), error)
            )
            return
        if not stat.S_ISDIR(status.st_mode):
            self._file(str(path), real, status)
            return
        known = len(self._seen_files), len(self.problems)
        self._folder(str(path), real, status, ())
        if known == (len(self._seen_files), len(self.problems)):
            # A volume that is not mounted is an empty folder: taking it at its word would take everything away.
            message = f"the folder holds no {', '.join(f'*{suffix}' for suffix in SUFFIXES)} file"
            self.problems.append(Problem(str(path), 0, 0, "", message))

    def _folder(self, name: str, real: str, status: os.stat_result, above: Sequence[tuple[int, int]]) -> None:
        identity = (status.st_dev, status.st_ino)
        if identity in above:
            self.problems.append(Problem(name, 0, 0, "", "the folder contains itself", f"remove the link {name}"))
            return
        if identity in self._seen_folders:
            return
        if len(above) == MAX_DEPTH:
            self.problems.append(Problem(name, 0, 0, "", f"more than {MAX_DEPTH} levels of folders"))
            return
        self._seen_folders.add(identity)
        if self._full(name, len(self._seen_folders), MAX_FOLDERS, "folders"):
            return
        self.folders.add((real, *identity))
        try:
            with os.scandir(name) as entries:
                visible = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(unreadable(name, error))
            return
        for entry in visible:
            self._entry(entry, real, (*above, identity))

    def _entry(self, entry: os.DirEntry[str], real_folder: str, above: Sequence[tuple[int, int]]) -> None:
        wanted = entry.name.lower().endswith(SUFFIXES)
        try:
            is_link = entry.is_symlink()
            if not wanted and not entry.is_dir():
                return
            status = Path(entry.path).stat()
        except FileNotFoundError:
            # Either it went between the two looks, and the next one knows, or it is a link to nowhere.
            if wanted and is_link:
                self._follow(entry.path)
                self.problems.append(_missing(Path(entry.path)))
            return
        except OSError as error:
            if wanted:
                self.problems.append(unreadable(entry.path, error))
            return
        real = self._follow(entry.path) if is_link else f"{real_folder.rstrip('/')}/{entry.name}"
        if stat.S_ISDIR(status.st_mode):
            self._folder(entry.path, real, status, above)
        elif wanted:
            self._file(entry.path, real, status)

    def _file(self, name: str, real: str, status: os.stat_result) -> None:
        if problem := irregular(name, status.st_mode):
            self.problems.append(problem)
            return
        if (status.st_dev, status.st_ino) in self._seen_files:
            return
        self._seen_files.add((status.st_dev, status.st_ino))
        if not self._full(name, len(self._seen_files), MAX_FILES, "files"):
            identity = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
            self.files.append(Found(name, real, status.st_size, identity))

    def _full(self, name: str, count: int, limit: int, what: str) -> bool:
        if count == limit + 1:
            self.problems.append(Problem(name, 0, 0, "", f"more than {limit} {what}; the rest is not read"))
        return count > limit

    def _follow(self, path: str) -> str:
        """The path without links. Notes every folder whose change could lead elsewhere: those of the links on the way,
        the one that holds the end, and where the way breaks off, the last one that is there."""
        todo = list(reversed((Path.cwd() / path).parts[1:]))
        at = "/"
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                at = os.path.dirname(at)  # noqa: PTH120 -- `at` is a string that has no link in it
                continue
            here = f"{at.rstrip('/')}/{part}"
            try:
                target = Path(here).readlink()
            except OSError:
                if not os.path.lexists(here):
                    self._note(at)
                    return here
                if not todo:
                    self._note(at)
                at = here
                continue
            self._note(at)
            links += 1
            if links > MAX_LINKS:
                return here
            if target.is_absolute():
                at = "/"
            todo.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
        return at

    def _note(self, folder: str) -> None:
        try:
            status = Path(folder).stat()
        except OSError:
            return
        self.folders.add((folder, status.st_dev, status.st_ino))


def _missing(path: Path) -> Problem:
    if path.is_symlink():
        return Problem(str(path), 0, 0, "", f"the link leads to {path.readlink()}, which is not there")
    try:
        siblings = [entry.name for entry in islice(path.parent.iterdir(), 1000)]
    except OSError:
        siblings = []
    return Problem(str(path), 0, 0, "", "there is no such file or folder", nearest(path.name, siblings))
