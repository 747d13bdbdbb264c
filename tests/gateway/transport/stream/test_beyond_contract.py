"""What a connection of the poller has beyond the contract: its descriptor, its size, and its errors at the start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gateway.transport.stream import StreamTransport, open_stream
from tests.support.streams import Owner, stream, turns, wires
from tests.support.waiting import until


async def test_it_tells_its_descriptor_until_that_is_closed() -> None:
    async with wires("poller") as made:
        owner, peer = await made.open()
        transport = stream(owner)
        assert transport.fileno() == transport.get_extra_info("fileno") == transport.get_extra_info("socket").fileno()  # type: ignore[attr-defined]
        peer.close()
        await until(lambda: owner.lost)
        await turns()
        assert transport.fileno() == -1
        assert transport.get_extra_info("fileno") is None
        assert transport.get_extra_info("socket", "gone") == "gone"


async def test_a_peer_that_is_gone_has_no_name_unless_it_was_given() -> None:
    async with wires("poller") as made:
        names: list[object] = []
        owner = Owner()
        owner.on_made = lambda: names.append(owner.transport.get_extra_info("peername"))
        ours, peer = made.sockets()
        open_stream(made.poller, ours.detach(), owner, ("192.0.2.1", 7))
        assert names == [("192.0.2.1", 7)]
        assert owner.transport.get_extra_info("peername") == peer.getsockname()
        owner.transport.abort()
        await until(lambda: owner.lost)


async def test_a_descriptor_that_cannot_be_watched_is_closed_and_its_owner_hears_nothing(tmp_path: Path) -> None:
    async with wires("poller") as made:
        descriptor = os.open(tmp_path / "file", os.O_CREAT | os.O_RDWR)
        owner = Owner()
        with pytest.raises(PermissionError):
            open_stream(made.poller, descriptor, owner)
        assert owner.calls == []
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


async def test_only_octets_can_be_written() -> None:
    async with wires("poller") as made:
        owner, _ = await made.open()
        for wrong in ("text", 5, None):
            with pytest.raises(TypeError):
                owner.transport.write(wrong)  # type: ignore[arg-type]
        assert owner.transport.get_write_buffer_size() == 0


async def test_an_idle_connection_is_small() -> None:
    async with wires("poller") as made:
        owner, _ = await made.open()
        assert sys.getsizeof(stream(owner)) < 256


async def test_a_closed_connection_lets_go_of_its_owner() -> None:
    """The collector is frozen in a worker: a cycle would stay for long."""
    async with wires("poller") as made:
        owner, peer = await made.open()
        transport: StreamTransport = stream(owner)
        peer.close()
        await until(lambda: owner.lost)
        await turns()
        assert transport.get_protocol() is None
