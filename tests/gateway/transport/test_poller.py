"""Batches: what one turn dispatches, collects and ends, and that it neither spins nor mixes connections up."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.transport.poller import BATCH, BATCHES, FEW, Poller
from gateway.transport.stream import open_stream
from tests.support.streams import Owner, Wires, read_all, reset, stream, turns, wires
from tests.support.waiting import until


@pytest.fixture
async def made() -> AsyncIterator[Wires]:
    async with wires("poller") as made:
        yield made


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def has_octets(peer: socket.socket) -> bool:
    return bool(select.select([peer], [], [], 0)[0])


async def test_what_a_large_batch_writes_goes_out_at_its_end(made: Wires) -> None:
    pairs = [await made.open() for _ in range(FEW + 1)]
    seen: list[bool] = []

    def answer(owner: Owner) -> None:
        owner.transport.write(b"one ")
        owner.transport.write(b"two")
        seen.append(any(has_octets(peer) for _, peer in pairs))

    for owner, peer in pairs:
        owner.on_data = lambda _, owner=owner: answer(owner)  # type: ignore[misc]
        peer.sendall(b"x")
    made.poller.turn()
    assert seen == [False] * (FEW + 1)
    assert [peer.recv(100) for _, peer in pairs] == [b"one two"] * (FEW + 1)


async def test_in_a_small_batch_nobody_waits_for_the_others(made: Wires) -> None:
    pairs = [await made.open() for _ in range(FEW)]
    seen: list[int] = []

    def answer(owner: Owner) -> None:
        owner.transport.write(b"one ")
        owner.transport.write(b"two")
        seen.append(sum(has_octets(peer) for _, peer in pairs))

    for owner, peer in pairs:
        owner.on_data = lambda _, owner=owner: answer(owner)  # type: ignore[misc]
        peer.sendall(b"x")
    made.poller.turn()
    assert seen == list(range(FEW))
    assert [peer.recv(100) for _, peer in pairs] == [b"one two"] * FEW


async def test_what_is_written_outside_a_batch_goes_out_at_once(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(b"now")
    assert has_octets(peer)


async def test_who_asks_in_a_batch_how_much_waits_is_told_what_the_kernel_does_not_take(made: Wires) -> None:
    owner = Owner()
    sizes: list[int] = []

    def answer(_: bytes) -> None:
        owner.transport.write(b"small")
        sizes.append(owner.transport.get_write_buffer_size())
        sizes.append(int(has_octets(peer)))

    owner.on_data = answer
    _, peer = await made.open(owner)
    peer.sendall(b"x")
    made.poller.turn()
    assert sizes == [0, 1]


async def test_a_connection_ended_in_a_batch_hears_nothing_more_of_it_and_keeps_its_number(made: Wires) -> None:
    """A number freed within the batch would be the next connection's, for which the old one's event is not meant."""
    pairs = [await made.open() for _ in range(8)]
    numbers = {stream(owner).fileno() for owner, _ in pairs}
    opened: list[tuple[Owner, socket.socket]] = []

    def end_others(_: bytes) -> None:
        for owner, _peer in pairs:
            if not owner.data:
                owner.transport.abort()
        for _ in range(8):
            ours, peer = made.sockets()
            fresh = Owner()
            open_stream(made.poller, ours.detach(), fresh)
            opened.append((fresh, peer))

    for owner, peer in pairs:
        owner.on_data = end_others
        peer.sendall(b"x")
    made.poller.turn()
    assert sum(bool(owner.data) for owner, _ in pairs) == 1
    assert sum(owner.lost for owner, _ in pairs) == 7
    assert not numbers & {stream(fresh).fileno() for fresh, _ in opened}
    assert all(fresh.names == ["made"] for fresh, _ in opened)
    for fresh, _ in opened:
        fresh.transport.abort()
    await turns()


async def test_an_event_of_a_descriptors_former_connection_reaches_nobody(made: Wires) -> None:
    """The kernel watches on behind a closed descriptor while another refers to the same socket, as after a fork."""
    old, old_peer = await made.open()
    number = stream(old).fileno()
    other = os.dup(number)
    try:
        ours, new_peer = made.sockets()
        old.transport.abort()
        await until(lambda: old.lost)
        os.dup2(ours.fileno(), number)
        ours.close()
        new = Owner()
        open_stream(made.poller, number, new)
        old_peer.sendall(b"for the old one")
        await asyncio.sleep(0.02)
        assert new.names == ["made"]
        new_peer.sendall(b"x")
        await until(lambda: new.data == b"x")
        new.transport.abort()
        await until(lambda: new.lost)
    finally:
        os.close(other)


async def test_a_turn_is_bounded_and_leaves_nobody_out(made: Wires) -> None:
    pairs = [await made.open() for _ in range(2 * BATCH * BATCHES + 1)]
    for _, peer in pairs:
        peer.sendall(b"x")
    made.poller.turn()
    assert sum(bool(owner.data) for owner, _ in pairs) == BATCH * BATCHES
    await until(lambda: all(owner.data for owner, _ in pairs))


@pytest.mark.parametrize("how", ["reset", "end", "octets"])
async def test_a_peer_that_hangs_up_or_sends_while_nothing_is_wanted_does_not_make_it_spin(
    made: Wires, how: str
) -> None:
    owner, peer = await made.open()
    owner.transport.pause_reading()
    if how == "reset":
        reset(peer)
    elif how == "end":
        peer.close()
    else:
        peer.sendall(b"x")
    await turns(20)
    before = made.poller.turns
    await turns(50)
    assert made.poller.turns - before == 0
    assert owner.names == ["made"]


async def test_a_half_closed_peer_does_not_make_it_spin(made: Wires) -> None:
    owner = Owner()
    owner.stays_after_eof = True
    _, peer = await made.open(owner)
    peer.shutdown(socket.SHUT_WR)
    await until(lambda: ("eof",) in owner.calls)
    owner.transport.write_eof()
    assert await read_all(peer) == b""
    await turns(20)
    before = made.poller.turns
    await turns(50)
    assert made.poller.turns - before == 0


@pytest.mark.parametrize("where", ["on_made", "on_pause", "on_resume", "on_lost"])
async def test_an_owner_that_fails_is_told_to_the_loop_and_loses_its_connection(made: Wires, where: str) -> None:
    def fail() -> None:
        raise ArithmeticError(where)

    owner = Owner()
    setattr(owner, where, fail)
    _, peer = await made.open(owner)
    if where in ("on_pause", "on_resume"):
        owner.transport.write(bytes(16 << 20))
    if where == "on_resume":
        reading = asyncio.create_task(read_all(peer))
    if where == "on_lost":
        peer.close()
    await until(lambda: owner.lost)
    if where == "on_resume":
        await reading
    assert [str(context["exception"]) for context in made.defects] == [where]
    made.defects.clear()
    await turns()
    assert stream(owner).fileno() == -1


async def test_an_interrupt_goes_on_once_the_batch_is_in_order(made: Wires) -> None:
    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    pairs = [await made.open() for _ in range(5)]
    pairs[2][0].on_data = interrupt
    for _, peer in pairs:
        peer.sendall(b"x")
    with pytest.raises(KeyboardInterrupt):
        made.poller.turn()
    assert all(owner.data == b"x" for owner, _ in pairs)
    assert [owner.lost for owner, _ in pairs] == [False, False, True, False, False]


async def test_closing_it_ends_everything_and_nothing_can_be_watched_after() -> None:
    async with wires("poller") as made:
        pairs = [await made.open() for _ in range(3)]
        pairs[0][0].transport.write(bytes(16 << 20))
        made.poller.close()
        assert made.poller.closed
        assert not any(owner.lost for owner, _ in pairs)
        await turns()
        assert all(owner.outcome is None for owner, _ in pairs)
        ours, peer = made.sockets()
        with pytest.raises(OSError, match="closed"):
            open_stream(made.poller, ours.detach(), Owner())
        assert peer.recv(1) == b""


async def test_one_that_watches_nothing_has_nothing_open() -> None:
    before = open_descriptors()
    poller = Poller(asyncio.get_running_loop())
    assert open_descriptors() == before
    poller.close()
    poller.close()
    await turns()


async def test_the_set_is_closed_with_its_last_connection() -> None:
    async with wires("poller") as made:
        owner, peer = await made.open()
        peer.close()
        await until(lambda: owner.lost)
        before = open_descriptors()
        made.poller.close()
        await turns()
        assert open_descriptors() == before - 1
