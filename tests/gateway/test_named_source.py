"""Tests of how the source that the configuration names comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from config.resources.weir import WeirSpec
from config.sources.text import SourceText
from gateway.named_source import Named
from gateway.tasks import Tasks
from tests.support.named_source import FakeNamedSource

A = SourceText("consul:a/1", b"1")


def process(prefix: str | None, confirm: str = "5s") -> WeirSpec:
    consul = {"kvPrefix": prefix} if prefix else None
    return WeirSpec.model_validate({"consul": consul, "discovery": {"emptyProtection": {"confirmAfter": confirm}}})


class Maker:
    def __init__(self) -> None:
        self.made: list[FakeNamedSource] = []
        self.changes = 0
        self.tasks = Tasks()
        self.named = Named(self.make, self.tasks.spawn, self.changed)
        self.next: WeirSpec | None = None

    def make(self, process: WeirSpec, known: Sequence[SourceText]) -> FakeNamedSource | None:
        if process.consul is None or process.consul.kv_prefix is None:
            return None
        self.made.append(FakeNamedSource(process.consul.kv_prefix, known))
        return self.made[-1]

    async def changed(self) -> None:
        self.changes += 1
        if self.next is not None:
            self.named.follow(self.next, ())


async def test_there_is_none_until_one_is_named() -> None:
    maker = Maker()
    assert maker.named.follow(process(None), (A,)) is None
    source = maker.named.follow(process("a"), (A,))
    assert source is maker.made[0] is maker.named.source
    assert source.texts == (A,)
    await maker.tasks.cancel_all()


async def test_is_the_same_while_it_is_named_the_same_and_its_changes_are_told() -> None:
    maker = Maker()
    source = maker.named.follow(process("a"), ())
    assert maker.named.follow(process("a"), (A,)) is source
    await maker.made[0].change(A)
    await maker.made[0].change()
    assert (len(maker.made), maker.changes) == (1, 2)
    await maker.tasks.cancel_all()
    assert maker.made[0].closed


async def test_another_one_takes_over_what_is_known_and_the_old_one_is_closed() -> None:
    maker = Maker()
    maker.named.follow(process("a"), ())
    await maker.made[0].change(A)
    maker.named.follow(process("a", confirm="9s"), ())
    assert maker.made[1].texts == (A,)
    await maker.made[0].ended.wait()
    assert maker.named.follow(process(None), ()) is None
    await maker.made[1].ended.wait()
    assert all(source.closed for source in maker.made)


async def test_its_own_change_may_name_another_one() -> None:
    maker = Maker()
    maker.named.follow(process("a"), ())
    maker.next = process("b")
    await maker.made[0].change(A)
    async with asyncio.timeout(10):
        await maker.made[0].ended.wait()
    maker.next = None
    await maker.made[1].change()
    assert (maker.changes, maker.named.source) == (2, maker.made[1])
    await maker.tasks.cancel_all()
