"""What the owner of a connection may rely on, checked on uvloop's transport and on the poller's alike."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator

import pytest

from tests.support.streams import KINDS, Owner, Wires, read, read_all, reset, turns, wires
from tests.support.waiting import until

BULK = bytes(range(256)) * (64 << 10)
"""16 MiB: more than any buffer of the kernel takes."""


@pytest.fixture(params=KINDS)
async def made(request: pytest.FixtureRequest) -> AsyncIterator[Wires]:
    async with wires(request.param) as made:
        yield made


async def test_what_comes_is_handed_on_and_an_end_closes(made: Wires) -> None:
    owner, peer = await made.open()
    peer.sendall(b"hello")
    peer.shutdown(socket.SHUT_WR)
    await until(lambda: owner.lost)
    assert owner.names == ["made", "data", "eof", "lost"]
    assert owner.data == b"hello"
    assert owner.outcome is None
    assert peer.recv(1) == b""


async def test_octets_and_an_end_that_wait_already_are_told(made: Wires) -> None:
    ours, peer = made.sockets()
    made.sockets = lambda: (ours, peer)  # type: ignore[method-assign]
    peer.sendall(b"early")
    peer.close()
    owner, _ = await made.open()
    await until(lambda: owner.lost)
    assert owner.names == ["made", "data", "eof", "lost"]


async def test_a_half_closed_connection_still_sends(made: Wires) -> None:
    owner = Owner()
    owner.stays_after_eof = True
    owner, peer = await made.open(owner)
    peer.shutdown(socket.SHUT_WR)
    await until(lambda: ("eof",) in owner.calls)
    await turns()
    assert not owner.transport.is_closing()
    owner.transport.write(b"still")
    owner.transport.close()
    assert await read_all(peer) == b"still"
    await until(lambda: owner.lost)
    assert owner.names == ["made", "eof", "lost"]


async def test_write_eof_ends_one_direction_behind_what_is_queued(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    owner.transport.write_eof()
    owner.transport.write_eof()
    with pytest.raises(RuntimeError, match="after write_eof"):
        owner.transport.write(b"x")
    with pytest.raises(RuntimeError, match="after write_eof"):
        owner.transport.writelines([b"x"])
    assert await read_all(peer) == BULK
    peer.sendall(b"answer")
    await until(lambda: owner.data == b"answer")
    peer.close()
    await until(lambda: owner.lost)
    assert owner.outcome is None


async def test_write_eof_inside_data_received_goes_behind_the_answer(made: Wires) -> None:
    owner = Owner()

    def answer(data: bytes) -> None:
        owner.transport.write(b"<")
        owner.transport.writelines([data, b"", bytearray(b">"), memoryview(b"!")])
        owner.transport.write_eof()

    owner.on_data = answer
    _, peer = await made.open(owner)
    peer.sendall(b"x")
    assert await read_all(peer) == b"<x>!"
    assert not owner.transport.is_closing()


async def test_close_sends_what_is_queued_first(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    owner.transport.close()
    assert owner.transport.is_closing()
    await turns(10)
    assert not owner.lost
    assert await read_all(peer) == BULK
    await until(lambda: owner.lost)
    assert owner.outcome is None


async def test_a_connection_that_is_closing_reads_no_more(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    owner.transport.close()
    peer.sendall(b"unheard")
    await turns(10)
    assert not owner.lost
    peer.close()
    await until(lambda: owner.lost)
    assert owner.data == b""


async def test_abort_drops_what_is_queued(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    owner.transport.abort()
    assert not owner.lost
    await until(lambda: owner.lost)
    assert owner.outcome is None
    assert len(await read_all(peer)) < len(BULK)


async def test_abort_ends_a_close_that_waits(made: Wires) -> None:
    owner, _ = await made.open()
    owner.transport.write(BULK)
    owner.transport.close()
    owner.transport.abort()
    await until(lambda: owner.lost)
    assert owner.outcome is None


@pytest.mark.parametrize("way", ["close", "abort"])
async def test_the_owner_is_told_of_its_own_end_later_and_once(made: Wires, way: str) -> None:
    owner = Owner()
    inside: list[bool] = []

    def end(_: bytes) -> None:
        getattr(owner.transport, way)()
        owner.transport.close()
        owner.transport.abort()
        inside.append(owner.lost)

    owner.on_data = end
    _, peer = await made.open(owner)
    peer.sendall(b"x")
    await until(lambda: owner.lost)
    await turns()
    assert inside == [False]
    assert owner.names == ["made", "data", "lost"]
    assert owner.outcome is None
    assert peer.recv(1) == b""


@pytest.mark.parametrize("way", ["close", "abort"])
async def test_an_end_inside_connection_made_is_told(made: Wires, way: str) -> None:
    owner = Owner()
    owner.on_made = lambda: getattr(owner.transport, way)()
    _, peer = await made.open(owner)
    peer.sendall(b"x")
    await until(lambda: owner.lost)
    assert owner.names == ["made", "lost"]


async def test_what_is_written_after_close_is_dropped(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.close()
    owner.transport.write(b"late")
    owner.transport.writelines([b"later"])
    assert await read_all(peer) == b""
    await until(lambda: owner.lost)


async def test_a_reset_is_told_as_an_error(made: Wires) -> None:
    owner, peer = await made.open()
    reset(peer)
    await until(lambda: owner.lost)
    assert isinstance(owner.outcome, ConnectionResetError)
    assert owner.transport.is_closing()


async def test_a_reset_in_the_middle_of_a_send_is_told_as_an_error(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    assert owner.transport.get_write_buffer_size() > 0
    reset(peer)
    await until(lambda: owner.lost)
    assert isinstance(owner.outcome, ConnectionError)


async def test_a_send_to_a_peer_that_is_gone_is_an_error(made: Wires) -> None:
    owner = Owner()
    owner.stays_after_eof = True
    _, peer = await made.open(owner)
    peer.close()
    await until(lambda: ("eof",) in owner.calls)
    while not owner.lost:
        owner.transport.write(b"x")
        await asyncio.sleep(0.01)
    assert isinstance(owner.outcome, OSError)
    assert owner.outcome.errno in (errno.EPIPE, errno.ECONNRESET)


async def test_nothing_is_handed_on_while_reading_is_paused(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.pause_reading()
    owner.transport.pause_reading()
    assert not owner.transport.is_reading()
    peer.sendall(b"one")
    await turns(10)
    assert owner.data == b""
    owner.transport.resume_reading()
    owner.transport.resume_reading()
    assert owner.transport.is_reading()
    await until(lambda: owner.data == b"one")
    peer.sendall(b"two")
    await until(lambda: owner.data == b"onetwo")


async def test_a_pause_inside_data_received_holds_back_the_rest(made: Wires) -> None:
    owner = Owner()
    owner.on_data = lambda data: owner.transport.pause_reading()
    octets = BULK[: 1 << 20]
    _, peer = await made.open(owner)
    sender = asyncio.create_task(asyncio.to_thread(peer.sendall, octets))
    while len(owner.data) < len(octets):
        before = len(owner.calls)
        await turns(10)
        assert len(owner.calls) - before <= 1
        owner.transport.resume_reading()
        await asyncio.sleep(0)
    await sender
    assert owner.data == octets


async def test_an_end_that_comes_while_reading_is_paused_is_told_behind_the_octets(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.pause_reading()
    peer.sendall(b"last")
    peer.close()
    await turns(10)
    assert owner.names == ["made"]
    owner.transport.resume_reading()
    await until(lambda: owner.lost)
    assert owner.names == ["made", "data", "eof", "lost"]


async def test_a_reset_that_comes_while_reading_is_paused_is_told_on_resume(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.pause_reading()
    reset(peer)
    await turns(10)
    assert owner.names == ["made"]
    owner.transport.resume_reading()
    await until(lambda: owner.lost)
    assert isinstance(owner.outcome, ConnectionResetError)


async def test_the_owner_is_paused_above_the_high_mark_and_resumed_at_the_low(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.set_write_buffer_limits(high=100_000)
    assert owner.transport.get_write_buffer_limits() == (25_000, 100_000)
    left: list[int] = []
    owner.on_resume = lambda: left.append(owner.transport.get_write_buffer_size())
    written = 0
    while ("pause",) not in owner.calls:
        owner.transport.write(bytes(50_000))
        written += 50_000
    assert 100_000 < owner.transport.get_write_buffer_size() <= 150_000
    owner.transport.write(b"more")
    assert owner.names == ["made", "pause"]
    await read(peer, written + 4)
    await until(lambda: ("resume",) in owner.calls)
    assert owner.names == ["made", "pause", "resume"]
    assert left[0] <= 25_000


async def test_the_owner_hears_of_the_high_mark_while_it_still_writes(made: Wires) -> None:
    owner = Owner()
    heard: list[int] = []

    def answer(_: bytes) -> None:
        for number in range(1000):
            owner.transport.write(bytes(100_000))
            if ("pause",) in owner.calls:
                heard.append(number)
                return

    owner.on_data = answer
    _, peer = await made.open(owner)
    peer.sendall(b"x")
    await until(lambda: bool(heard))
    assert heard[0] < 999


async def test_marks_have_asyncios_defaults_and_order(made: Wires) -> None:
    owner, _ = await made.open()
    transport = owner.transport
    transport.set_write_buffer_limits()
    assert transport.get_write_buffer_limits() == (16_384, 65_536)
    transport.set_write_buffer_limits(low=10)
    assert transport.get_write_buffer_limits() == (10, 40)
    transport.set_write_buffer_limits(high=0)
    assert transport.get_write_buffer_limits() == (0, 0)
    with pytest.raises(ValueError, match="must be"):
        transport.set_write_buffer_limits(high=10, low=11)


async def test_a_slow_reader_gets_all_of_a_huge_answer_in_order(made: Wires) -> None:
    owner = Owner()
    parts = [BULK[start : start + 70_001] for start in range(0, len(BULK), 70_001)]
    waiting = iter(parts)

    def send_more() -> None:
        for part in waiting:
            owner.transport.write(part)
            if owner.names[-1] == "pause":
                return
        owner.transport.close()

    owner.on_data = lambda data: send_more()
    owner.on_resume = send_more
    _, peer = await made.open(owner)
    peer.sendall(b"x")
    assert await read_all(peer) == BULK
    assert "pause" in owner.names
    await until(lambda: owner.lost)


async def test_many_small_pieces_behind_a_full_buffer_arrive_in_order(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    small = [b"%d," % number for number in range(5000)]
    owner.transport.writelines(small[:300])
    for piece in small[300:]:
        owner.transport.write(piece)
    owner.transport.close()
    assert await read_all(peer) == BULK + b"".join(small)


async def test_what_was_written_may_be_changed_by_its_writer(made: Wires) -> None:
    owner, peer = await made.open()
    owner.transport.write(BULK)
    mine = bytearray(b"before")
    owner.transport.write(bytes(mine))
    mine[:] = b"after!"
    owner.transport.close()
    assert (await read_all(peer)).endswith(b"before")


async def test_an_exception_of_the_owner_is_told_to_the_loop_and_ends_its_connection_only(made: Wires) -> None:
    def fail(_: bytes) -> None:
        raise ArithmeticError("in data_received")

    faulty, faulty_peer = await made.open()
    faulty.on_data = fail
    well, well_peer = await made.open()
    faulty_peer.sendall(b"x")
    well_peer.sendall(b"y")
    await until(lambda: faulty.lost and bool(well.data))
    assert isinstance(faulty.outcome, ArithmeticError)
    assert not well.transport.is_closing()
    (context,) = made.defects
    made.defects.clear()
    assert isinstance(context["exception"], ArithmeticError)
    assert context["protocol"] is faulty


async def test_an_exception_in_eof_received_ends_the_connection(made: Wires) -> None:
    def fail() -> None:
        raise ArithmeticError("in eof_received")

    owner, peer = await made.open()
    owner.on_eof = fail
    peer.shutdown(socket.SHUT_WR)
    await until(lambda: owner.lost)
    assert [type(context["exception"]) for context in made.defects] == [ArithmeticError]
    made.defects.clear()


async def test_both_names_and_the_socket_are_known(made: Wires) -> None:
    owner, peer = await made.open()
    transport = owner.transport
    assert transport.get_extra_info("peername") == peer.getsockname()
    assert transport.get_extra_info("sockname") == peer.getpeername()
    sock = transport.get_extra_info("socket")
    assert sock.fileno() >= 0
    assert sock.getsockname() == peer.getpeername()
    assert sock.getpeername() == peer.getsockname()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert transport.get_extra_info("nothing", "default") == "default"
    assert transport.can_write_eof()
    assert transport.get_protocol() is owner


async def test_a_connection_may_change_hands(made: Wires) -> None:
    owner, peer = await made.open()
    heir = Owner()
    owner.transport.set_protocol(heir)
    peer.sendall(b"x")
    await until(lambda: heir.data == b"x")
    peer.close()
    await until(lambda: heir.lost)
    assert owner.names == ["made"]


async def test_a_thousand_connections_each_get_their_own_octets(made: Wires) -> None:
    pairs = []
    for _ in range(1000):
        owner = Owner()
        owner.on_data = lambda data, owner=owner: owner.transport.write(data)  # type: ignore[misc]
        pairs.append(await made.open(owner))
    for number, (_, peer) in enumerate(pairs):
        peer.sendall(b"%d" % number)
    await until(lambda: all(owner.data for owner, _ in pairs))
    for number, (_, peer) in enumerate(pairs):
        assert peer.recv(100) == b"%d" % number
        peer.close()
    await until(lambda: all(owner.lost for owner, _ in pairs))
