"""Tests of reading and watching resource files, on the real file system."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from config.sources import files as module
from config.sources import survey as survey_module
from config.sources.files import FilesSource
from config.yaml_positions import MAX_FILE_BYTES

LIMIT_S = 20.0


def texts(source: FilesSource) -> dict[str, str]:
    return {Path(text.name).name: text.data.decode() for text in source.read().texts}


def replace(file: Path, text: str) -> None:
    """As editors and deployment tools write."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text)
    fresh.replace(file)


class ConfigMap:
    """A volume as the kubelet makes it: visible links into `..data`, itself a link that is flipped."""

    def __init__(self, folder: Path, **contents: str) -> None:
        self._folder = folder
        self._versions = 0
        folder.mkdir()
        self.flip(**contents)
        for name in contents:
            (folder / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")

    def flip(self, **contents: str) -> None:
        self._versions += 1
        version = self._folder / f"..2024_11_24_20_17_00.{self._versions}"
        version.mkdir()
        for name, text in contents.items():
            (version / f"{name}.yaml").write_text(text)
        data = self._folder / "..data"
        before = data.resolve() if data.exists() else None
        (self._folder / "..data_tmp").symlink_to(version.name)
        (self._folder / "..data_tmp").replace(data)
        if before is not None:
            for file in before.iterdir():
                file.unlink()
            before.rmdir()


class Changes:
    """The items that the source has given so far."""

    def __init__(self, source: FilesSource) -> None:
        self._source = source
        self._queue: asyncio.Queue[None] = asyncio.Queue()
        self.count = 0
        self.task = asyncio.create_task(self._collect())

    async def _collect(self) -> None:
        async for item in self._source:
            self.count += 1
            self._queue.put_nowait(item)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for items until one comes after which `holds`."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                await self._queue.get()
                if await asyncio.to_thread(holds):
                    return


@asynccontextmanager
async def changes_of(source: FilesSource) -> AsyncIterator[Changes]:
    changes = Changes(source)
    try:
        yield changes
    finally:
        changes.task.cancel()
        await asyncio.wait([changes.task])
        assert changes.task.cancelled()


Step = Callable[[], object]


async def each_is_seen(source: FilesSource, *steps: tuple[Step, dict[str, str]]) -> None:
    """The first step happens before the watch stands, the others while it does."""
    source.read()
    first, *others = steps
    first[0]()
    async with changes_of(source) as changes:
        for step, expected in [(lambda: None, first[1]), *others]:
            step()
            await changes.until(lambda expected=expected: texts(source) == expected)


def test_reads_all_texts_with_the_names_that_were_given(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe not text")
    (tmp_path / "a.yaml").write_text("kind: A\n")
    reading = FilesSource([tmp_path]).read()
    assert [(text.name, text.data) for text in reading.texts] == [
        (f"{tmp_path}/a.yaml", b"kind: A\n"),
        (f"{tmp_path}/b.yaml", b"\xff\xfe not text"),
    ]
    assert reading.problems == ()


def test_reads_each_file_of_a_kubernetes_volume_once(tmp_path: Path) -> None:
    ConfigMap(tmp_path / "volume", a="1", b="2")
    assert texts(FilesSource([tmp_path / "volume"])) == {"a.yaml": "1", "b.yaml": "2"}


def test_tells_of_all_that_it_cannot_read_and_reads_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a")
    (tmp_path / "dangling.yaml").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe.yaml")
    reading = FilesSource([tmp_path / "missing", tmp_path]).read()
    assert [text.data for text in reading.texts] == [b"a"]
    assert [Path(problem.file).name for problem in reading.problems] == ["missing", "dangling.yaml", "pipe.yaml"]


def test_a_file_of_50_mb_is_a_problem_and_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(50 << 20)
    reading = FilesSource([tmp_path]).read()
    assert reading.texts == ()
    assert [problem.message for problem in reading.problems] == ["the file has 50 MiB, more than 32 MiB"]


def test_a_file_of_many_pieces_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(data := os.urandom(5 * module.PIECE_BYTES // 2))
    (found,) = survey_module.survey([file]).files
    assert module._read_one(found) == data


def test_a_file_that_grew_after_it_was_looked_at_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a")
    (found,) = survey_module.survey([file]).files
    os.truncate(file, MAX_FILE_BYTES + 5)
    assert "more than 32 MiB" in str(module._read_one(found))


def test_a_file_that_became_a_pipe_after_it_was_looked_at_does_not_hang(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a")
    (found,) = survey_module.survey([file]).files
    file.unlink()
    os.mkfifo(file)
    assert "it is a pipe, not a file" in str(module._read_one(found))


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_bytes(b" " * (1 << 20))
    monkeypatch.setattr(module, "MAX_TOTAL_BYTES", 2 << 20)
    reading = FilesSource([tmp_path]).read()
    assert len(reading.texts) == 2
    assert [problem.message for problem in reading.problems] == ["more than 2 MiB in all files together"]


def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("token")
    file.chmod(0o000)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with as_somebody():
        reading = FilesSource([file]).read()
    assert [problem.message for problem in reading.problems] == ["permission denied"]


@contextmanager
def as_somebody() -> Iterator[None]:
    """Without the rights of root, whom no file mode keeps out."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_set_that_changes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = ConfigMap(tmp_path / "volume", a="old", b="old")
    read_one = module._read_one

    def read_and_flip(file: survey_module.Found) -> object:
        data = read_one(file)
        if data == b"old" and file.name.endswith("a.yaml"):
            volume.flip(a="new", b="new")
        return data

    monkeypatch.setattr(module, "_read_one", read_and_flip)
    assert texts(FilesSource([tmp_path / "volume"])) == {"a.yaml": "new", "b.yaml": "new"}


async def test_sees_a_file_written_in_place_and_renamed_over(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("0")
    await each_is_seen(
        FilesSource([file]),
        (lambda: file.write_text("1"), {"a.yaml": "1"}),
        (lambda: file.write_text("2"), {"a.yaml": "2"}),
        (lambda: replace(file, "3"), {"a.yaml": "3"}),
        (lambda: replace(file, "4"), {"a.yaml": "4"}),
        (lambda: file.write_text("5"), {"a.yaml": "5"}),
    )


async def test_sees_each_flip_of_a_kubernetes_volume(tmp_path: Path) -> None:
    volume = ConfigMap(tmp_path / "volume", a="0", b="0")
    await each_is_seen(
        FilesSource([tmp_path / "volume"]),
        *(
            (lambda text=text: volume.flip(a=text, b=text), {"a.yaml": text, "b.yaml": text})
            for text in ("1", "2", "3")
        ),
    )


async def test_sees_the_flip_of_a_link_far_from_the_file(tmp_path: Path) -> None:
    for release in ("1", "2", "3"):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / "releases" / release / "a.yaml").write_text(release)
    current = tmp_path / "current"
    current.symlink_to("releases/1")

    def flip(release: str) -> None:
        (tmp_path / "next").symlink_to(f"releases/{release}")
        (tmp_path / "next").replace(current)

    await each_is_seen(
        FilesSource([current / "a.yaml"]),
        (lambda: flip("2"), {"a.yaml": "2"}),
        (lambda: flip("3"), {"a.yaml": "3"}),
        (lambda: (tmp_path / "releases/3/a.yaml").write_text("4"), {"a.yaml": "4"}),
    )


async def test_sees_a_file_that_is_deleted_and_comes_again(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("0")
    await each_is_seen(
        FilesSource([file]),
        (file.unlink, {}),
        (lambda: file.write_text("1"), {"a.yaml": "1"}),
        (file.unlink, {}),
        (lambda: file.write_text("2"), {"a.yaml": "2"}),
    )


async def test_sees_files_in_folders_that_are_made_later_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("0")
    deep = tmp_path / "deep/er"
    again = tmp_path / "again"
    again.mkdir()
    (again / "c.yaml").write_text("3")

    def replace_folder() -> None:
        deep.rename(tmp_path / ".old")
        again.rename(deep)

    await each_is_seen(
        FilesSource([tmp_path / "a.yaml", deep]),
        (lambda: deep.mkdir(parents=True) or (deep / "b.yaml").write_text("1"), {"a.yaml": "0", "b.yaml": "1"}),
        (lambda: (deep / "b.yaml").write_text("2"), {"a.yaml": "0", "b.yaml": "2"}),
        (replace_folder, {"a.yaml": "0", "c.yaml": "3"}),
        (lambda: (deep / "c.yaml").write_text("4"), {"a.yaml": "0", "c.yaml": "4"}),
    )


async def test_many_files_at_once_are_few_changes(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("0")
    source = FilesSource([tmp_path])
    source.read()
    async with changes_of(source) as changes:
        (tmp_path / "a.yaml").write_text("1")
        await changes.until(lambda: texts(source) == {"a.yaml": "1"})
        before = changes.count
        for number in range(300):
            replace(tmp_path / f"{number}.yaml", "x")
        await changes.until(lambda: len(texts(source)) == 301)
        # What is still on its way comes before this.
        (tmp_path / "a.yaml").unlink()
        await changes.until(lambda: len(texts(source)) == 300)
        assert changes.count - before <= 10


async def test_a_file_beside_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("0")
    source = FilesSource([tmp_path])
    source.read()
    async with changes_of(source) as changes:
        (tmp_path / "a.yaml").write_text("1")
        await changes.until(lambda: texts(source) == {"a.yaml": "1"})
        (tmp_path / "a.yaml~").write_text("left by an editor")
        (tmp_path / ".a.yaml.swp").write_text("left by an editor")
        before = changes.count
        (tmp_path / "a.yaml").write_text("2")
        await changes.until(lambda: texts(source) == {"a.yaml": "2"})
        assert changes.count - before <= 2


@contextmanager
def descriptors_used_up() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open("/", os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken[0] + 1, 64), hard))
    try:
        while True:
            try:
                taken.append(os.dup(taken[0]))
            except OSError as error:
                assert error.errno == errno.EMFILE
                break
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)


async def test_looks_by_itself_while_there_is_no_watch_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.05)
    caplog.set_level("INFO", "weir.config")
    file = tmp_path / "a.yaml"
    file.write_text("0")
    fresh = tmp_path / "fresh"
    fresh.write_text("1")
    source = FilesSource([file])
    source.read()
    async with changes_of(source) as changes:
        with descriptors_used_up():
            fresh.replace(file)
            await changes.until(lambda: True)
            os.truncate(file, 0)
            await changes.until(lambda: True)
        assert [record.message.partition(",")[0] for record in caplog.records] == ["no watch of the configuration"]
        number = 1
        while "the configuration is watched again" not in caplog.messages or number < 4:
            number += 1
            file.write_text(str(number))
            await changes.until(lambda: texts(source) == {"a.yaml": str(number)})  # noqa: B023 -- awaited here


async def test_looks_from_time_to_time_though_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system: the watch is of another folder, in which nothing happens."""
    (tmp_path / "quiet").mkdir()
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf/a.yaml"
    file.write_text("0")
    notify = module.RustNotify
    monkeypatch.setattr(module, "RECHECK_MS", 50)
    monkeypatch.setattr(module, "RustNotify", lambda _, *rest: notify([str(tmp_path / "quiet")], *rest))
    source = FilesSource([file])
    await each_is_seen(
        source,
        (lambda: file.write_text("1"), {"a.yaml": "1"}),
        (lambda: file.write_text("2"), {"a.yaml": "2"}),
    )


async def test_ends_at_once_when_cancelled_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("0")
    source = FilesSource([tmp_path])
    source.read()

    async def ended(work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=LIMIT_S)
        assert task.cancelled()

    await ended(anext(aiter(source)))
    async with changes_of(source) as changes:
        (tmp_path / "a.yaml").write_text("1")
        await changes.until(lambda: True)
