"""Tests of how sets of configuration are judged, put in force and kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from config.resources.weir import WeirSpec
from config.snapshot import Snapshot
from config.sources.text import SourceText
from gateway import reload as module
from gateway.kept_set import kept
from gateway.reload import Load, Rejected, Reloader
from gateway.tasks import Tasks
from tests.support.named_source import FakeNamedSource
from tests.support.supervised import Loaded, OneFile, TinyLoad


class Process:
    def __init__(self) -> None:
        self.applied: list[Snapshot] = []
        self.refusal = ""

    def apply(self, snapshot: Snapshot) -> None:
        if self.refusal:
            raise Rejected(self.refusal)
        self.applied.append(snapshot)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ports"
    file.write_text("80")
    return file


def write(file: Path, text: str) -> None:
    file.write_text(text)


def reloader(file: Path, process: Process, state_folder: Path | None = None, load: Load | None = None) -> Reloader:
    load = load or TinyLoad(WeirSpec())
    return Reloader([OneFile(file)], load, process.apply, state_folder=state_folder, spawn=Tasks().spawn)


async def test_each_change_is_a_generation_and_an_equal_set_is_none(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    assert await reload.start()
    assert await reload.reload()
    write(file, "81")
    assert await reload.reload()
    assert [snapshot.generation for snapshot in process.applied] == [1, 2]
    assert reload.results == {"applied": 2, "unchanged": 1, "rejected": 0}


async def test_the_log_says_what_a_change_was(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    reload = reloader(file, Process())
    caplog.set_level("INFO", "weir.config")
    await reload.start()
    write(file, "81")
    await reload.reload()
    assert "generation 2 of the configuration is in force: ports: +127.0.0.1:81/tcp, -127.0.0.1:80/tcp" in caplog.text


async def test_a_broken_set_leaves_the_last_good_one_and_says_what_is_wrong(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    await reload.start()
    write(file, "broken")
    assert not await reload.reload()
    assert reload.snapshot is process.applied[0]
    assert (reload.last_ok, [problem.message for problem in reload.problems]) == (False, ["it is broken"])


async def test_a_set_that_is_mended_back_to_the_last_good_one_is_good_and_unchanged(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    await reload.start()
    write(file, "broken")
    await reload.reload()
    write(file, "80")
    assert await reload.reload()
    assert (reload.last_ok, reload.problems, len(process.applied)) == (True, (), 1)
    assert reload.results == {"applied": 1, "unchanged": 1, "rejected": 1}


async def test_what_stays_broken_is_not_said_again(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    reload = reloader(file, Process())
    await reload.start()
    write(file, "broken")
    for _ in range(3):
        await reload.reload()
    assert sum("it is broken" in message for message in caplog.messages) == 1
    assert "the configuration was rejected, with the same problems as before; generation 1 stays in force" in (
        caplog.messages
    )
    write(file, "81")
    await reload.reload()
    write(file, "broken")
    await reload.reload()
    assert sum("it is broken" in message for message in caplog.messages) == 2


async def test_a_set_that_the_process_cannot_carry_out_is_rejected_whole(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    await reload.start()
    write(file, "81")
    process.refusal = "the port is taken"
    assert not await reload.reload()
    assert reload.snapshot is process.applied[0]
    assert [problem.message for problem in reload.problems] == ["the port is taken"]


async def test_a_defect_of_the_loader_rejects_the_set_and_ends_nothing(file: Path) -> None:
    process = Process()
    reload = reloader(file, process)
    await reload.start()
    write(file, "no port")
    assert not await reload.reload()
    assert [problem.message.partition(": ")[0] for problem in reload.problems] == ["internal error"]
    write(file, "81")
    assert await reload.reload()
    assert [snapshot.digest for snapshot in process.applied] == ["80", "81"]


class SlowLoad:
    """A load that goes on until it is let go."""

    def __init__(self) -> None:
        self.loads: list[bytes] = []
        self.began = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, documents: Sequence[SourceText], /, *, generation: int, previous: Snapshot | None) -> Loaded:
        self.loads.append(documents[0].data)
        self.began.set()
        assert self.go_on.wait(20)
        return TinyLoad(WeirSpec())(documents, generation=generation, previous=previous)


async def test_all_that_is_asked_during_a_look_is_one_more_look(file: Path) -> None:
    load = SlowLoad()
    process = Process()
    reload = reloader(file, process, load=load)
    first = asyncio.ensure_future(reload.reload())
    await asyncio.to_thread(load.began.wait, 20)
    write(file, "81")
    others = [asyncio.ensure_future(reload.reload()) for _ in range(10)]
    await asyncio.sleep(0)
    load.go_on.set()
    assert await asyncio.gather(first, *others) == [True] * 11
    assert load.loads == [b"80", b"81"]
    assert [snapshot.digest for snapshot in process.applied] == ["80", "81"]


async def test_a_look_that_is_cancelled_is_made_by_the_next_one_who_asked(file: Path) -> None:
    load = SlowLoad()
    process = Process()
    reload = reloader(file, process, load=load)
    first = asyncio.ensure_future(reload.reload())
    await asyncio.to_thread(load.began.wait, 20)
    second = asyncio.ensure_future(reload.reload())
    await asyncio.sleep(0)
    first.cancel()
    load.go_on.set()
    assert await second
    assert [snapshot.digest for snapshot in process.applied] == ["80"]


class ChangingFile(OneFile):
    """Tells of as many changes as the test puts."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.changes: asyncio.Queue[None] = asyncio.Queue()

    async def __aiter__(self) -> AsyncGenerator[object, None]:
        while True:
            await self.changes.get()
            yield None
            self.changes.task_done()


async def test_reloads_after_every_change_of_a_watched_source(file: Path) -> None:
    process = Process()
    source = ChangingFile(file)
    tasks = Tasks()
    reload = Reloader([source], TinyLoad(WeirSpec()), process.apply, spawn=tasks.spawn)
    await reload.start()
    tasks.spawn(reload.watch(source), name="watch")
    for text in ("81", "broken", "82"):
        write(file, text)
        source.changes.put_nowait(None)
        await source.changes.join()
    assert [snapshot.digest for snapshot in process.applied] == ["80", "81", "82"]
    await tasks.cancel_all()


# --- the kept set ----------------------------------------------------------------------------------------------------


async def test_a_start_with_a_broken_set_uses_the_kept_one(file: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert await reloader(file, Process(), state).start()
    assert kept(state) == (SourceText(str(file), b"80"),)
    write(file, "broken")
    process = Process()
    reload = reloader(file, process, state)
    assert await reload.start()
    assert (process.applied[0].digest, reload.from_kept, reload.last_ok) == ("80", True, False)
    write(file, "81")
    assert await reload.reload()
    assert (process.applied[1].digest, process.applied[1].generation, reload.from_kept) == ("81", 2, False)


async def test_a_broken_set_does_not_replace_the_kept_one(file: Path, tmp_path: Path) -> None:
    reload = reloader(file, Process(), tmp_path)
    await reload.start()
    write(file, "broken")
    await reload.reload()
    assert kept(tmp_path) == (SourceText(str(file), b"80"),)


async def test_a_start_with_a_broken_set_and_nothing_kept_fails(file: Path, tmp_path: Path) -> None:
    write(file, "broken")
    reload = reloader(file, Process(), tmp_path / "state")
    assert not await reload.start()
    assert reload.waiting == ""


async def test_the_state_folder_is_found_in_the_weir_resource_of_a_broken_set(file: Path, tmp_path: Path) -> None:
    weir = (
        "apiVersion: weir.dev/v1\nkind: Weir\nmetadata: {name: edge}\n"
        f"spec: {{stateDir: {tmp_path / 'state'}}}\n---\nkind: Gateway\n"
    )
    assert await reloader(file, Process(), tmp_path / "state").start()
    write(file, weir)
    process = Process()
    reload = reloader(file, process, load=lambda texts, /, **more: TinyLoad(WeirSpec())(broken(texts), **more))
    assert await reload.start()
    assert (process.applied[0].digest, reload.from_kept) == ("80", True)


def broken(texts: Sequence[SourceText]) -> Sequence[SourceText]:
    """`TinyLoad` takes no YAML: what holds a Gateway is broken to it."""
    return [SourceText(text.name, b"broken" if b"Gateway" in text.data else text.data) for text in texts]


# --- a source that the configuration names ---------------------------------------------------------------------------


def both(texts: Sequence[SourceText], /, *, generation: int, previous: Snapshot | None) -> Loaded:
    """Load the ports of all texts; the Weir resource is none."""
    ports = b" ".join(text.data for text in texts if b"kind: Weir" not in text.data)
    return TinyLoad(WeirSpec())([SourceText("all", ports)], generation=generation, previous=previous)


class WithConsul:
    """A reloader over a Weir resource in `file` that names `weir` in Consul's KV store."""

    def __init__(self, file: Path, state_folder: Path | None = None) -> None:
        self.file = file
        self.tasks = Tasks()
        self.process = Process()
        self.sources: list[FakeNamedSource] = []
        self.name("weir")
        (file.parent / "base").write_text("80")
        self.reload = Reloader(
            [OneFile(file), OneFile(file.parent / "base")],
            both,
            self.process.apply,
            state_folder=state_folder,
            make=self.make,
            spawn=self.tasks.spawn,
        )

    def name(self, prefix: str) -> None:
        self.file.write_text(
            f"apiVersion: weir.dev/v1\nkind: Weir\nmetadata: {{name: edge}}\nspec: {{consul: {{kvPrefix: {prefix}}}}}\n"
        )

    def make(self, process: WeirSpec, known: Sequence[SourceText]) -> FakeNamedSource | None:
        assert process.consul is not None
        name = f"consul:{process.consul.kv_prefix}"
        self.sources.append(FakeNamedSource(name, [text for text in known if text.name.startswith(name)]))
        return self.sources[-1]

    def digests(self) -> list[str]:
        return [snapshot.digest for snapshot in self.process.applied]


KEY = SourceText("consul:weir/ports", b"90")
OTHER = SourceText("consul:weir/ports", b"91")

StartWithConsul = Callable[..., WithConsul]


@pytest.fixture
async def with_consul(file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartWithConsul]:
    monkeypatch.setattr(module, "FIRST_ANSWER_S", 0.01)
    made: list[WithConsul] = []

    def make(state_folder: Path | None = None) -> WithConsul:
        made.append(WithConsul(file, state_folder))
        return made[-1]

    yield make
    for each in made:
        await each.tasks.cancel_all()


async def test_nothing_is_in_force_before_a_named_source_has_answered(with_consul: StartWithConsul) -> None:
    it = with_consul()
    assert not await it.reload.start()
    assert (it.reload.waiting, it.digests()) == ("consul:weir", [])
    assert [problem.message for problem in it.reload.problems] == ["it has not answered yet"]
    await it.sources[0].change(KEY)
    assert (it.reload.waiting, it.digests(), it.reload.last_ok) == ("", ["80 90"], True)
    await it.sources[0].change(OTHER)
    assert it.digests() == ["80 90", "80 91"]


async def test_a_set_that_is_broken_without_the_named_source_already_waits_for_nothing(
    with_consul: StartWithConsul, file: Path
) -> None:
    it = with_consul()
    (file.parent / "base").write_text("broken")
    assert not await it.reload.start()
    assert it.reload.waiting == ""


async def test_a_start_with_the_named_source_silent_goes_on_with_its_kept_texts(
    with_consul: StartWithConsul, tmp_path: Path, file: Path
) -> None:
    state = tmp_path / "state"
    before = with_consul(state)
    await before.reload.start()
    await before.sources[0].change(KEY)
    it = with_consul(state)
    (file.parent / "base").write_text("81")
    assert await it.reload.start()
    assert (it.digests(), it.reload.from_kept, it.reload.waiting) == (["81 90"], True, "")
    assert [text.data for text in kept(state)][1:] == [b"80", b"90"], "only a whole set is kept"
    await it.sources[0].change(OTHER)
    assert (it.digests(), it.reload.from_kept) == (["81 90", "81 91"], False)
    assert [text.data for text in kept(state)][1:] == [b"81", b"91"]


async def test_a_start_with_a_newly_named_source_silent_uses_the_whole_kept_set(
    with_consul: StartWithConsul, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    before = with_consul(state)
    await before.reload.start()
    await before.sources[0].change(KEY)
    it = with_consul(state)
    it.name("other")
    assert await it.reload.start()
    assert (it.digests(), it.reload.from_kept, it.reload.waiting) == (["80 90"], True, "consul:other")
    await it.sources[0].change(SourceText("consul:other/ports", b"95"))
    assert (it.digests()[1:], it.reload.from_kept, it.reload.waiting) == (["80 95"], False, "")


async def test_what_is_in_force_stays_until_another_named_source_has_answered(with_consul: StartWithConsul) -> None:
    it = with_consul()
    await it.reload.start()
    await it.sources[0].change(KEY)
    it.name("other")
    assert not await it.reload.reload()
    assert (it.digests(), it.reload.waiting) == (["80 90"], "consul:other")
    await it.sources[1].change(SourceText("consul:other/ports", b"95"))
    assert it.digests() == ["80 90", "80 95"]


async def test_a_broken_weir_resource_keeps_the_named_source(with_consul: StartWithConsul) -> None:
    it = with_consul()
    await it.reload.start()
    await it.sources[0].change(KEY)
    it.file.write_text("kind: Weir: [\n")
    await it.reload.reload()
    assert len(it.sources) == 1 and not it.sources[0].closed
