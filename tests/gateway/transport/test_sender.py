"""What waits to be sent: the kernel's room is asked for once, and what a batch collected is bounded."""

from __future__ import annotations

import socket

from tests.support.streams import Owner, read, stream, turns, wires
from tests.support.waiting import until


async def test_it_waits_for_room_without_a_spin() -> None:
    async with wires("poller") as made:
        owner, peer = await made.open()
        owner.transport.write(bytes(16 << 20))
        await turns(20)
        before = made.poller.turns
        await turns(50)
        assert made.poller.turns - before == 0
        await read(peer, 16 << 20)
        await until(lambda: owner.transport.get_write_buffer_size() == 0)


async def test_a_batch_collects_no_more_than_the_high_water_mark() -> None:
    async with wires("poller") as made:
        owner = Owner()
        arrived: list[int] = []

        def answer(_: bytes) -> None:
            for _ in range(3):
                owner.transport.write(bytes(40_000))
                arrived.append(len(peer.recv(1 << 20, socket.MSG_PEEK | socket.MSG_DONTWAIT)) if arrived else 0)

        owner.on_data = answer
        _, peer = await made.open(owner)
        owner.transport.set_write_buffer_limits(high=64_000)
        peer.sendall(b"x")
        made.poller.turn()
        assert arrived[0] == 0
        assert arrived[1] > 0
        await read(peer, 120_000)


async def test_a_send_that_fails_at_the_end_of_a_batch_is_told_once() -> None:
    async with wires("poller") as made:
        owner = Owner()

        def answer(_: bytes) -> None:
            peer.close()
            stream(owner).get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # type: ignore[attr-defined]
            owner.transport.write(b"x")
            owner.transport.write_eof()

        owner.on_data = answer
        owner.stays_after_eof = True
        _, peer = await made.open(owner)
        peer.sendall(b"x")
        await until(lambda: bool(owner.data))
        owner.transport.close()
        await until(lambda: owner.lost)
        await turns()
        assert owner.names.count("lost") == 1
