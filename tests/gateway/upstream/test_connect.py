"""Connections to endpoints: by literal and by name, refused, and too slow."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from gateway.errors import ConnectFailed, ConnectTimedOut
from gateway.transport.poller import Poller
from gateway.upstream.connect import connect
from tests.support.streams import Owner
from tests.support.wire import ScriptedEndpoint, answering


def open_sockets() -> set[str]:
    return {name for file in Path("/proc/self/fd").iterdir() if (name := _target(file)).startswith("socket:")}


def _target(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:
        # The descriptor that listed the folder.
        return ""


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
async def test_connects_by_literal_and_by_name(poller: Poller, address: str) -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        made: list[asyncio.Protocol] = []

        def factory() -> asyncio.Protocol:
            made.append(asyncio.Protocol())
            return made[-1]

        found = await connect(poller, factory, address, endpoint.port, 5.0)
    assert made == [found]


async def test_a_name_whose_first_address_is_dead_is_reached_by_the_next(
    poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Happy eyeballs (RFC 8305): the addresses are raced."""
    loop = asyncio.get_running_loop()
    async with ScriptedEndpoint(answering) as endpoint:
        look_up = loop.getaddrinfo

        async def two_addresses(host: str, port: int, **options: int) -> object:
            if host != "two.example":
                return await look_up(host, port, **options)
            # Nothing listens on ::1 at the endpoint's port.
            return [
                (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::1", port, 0, 0)),
                (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)),
            ]

        monkeypatch.setattr(loop, "getaddrinfo", two_addresses)
        assert isinstance(await connect(poller, asyncio.Protocol, "two.example", endpoint.port, 5.0), asyncio.Protocol)


async def test_a_refused_connection_names_the_place_and_may_go_elsewhere(poller: Poller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(ConnectFailed, match=rf"no connection to 127\.0\.0\.1:{port}: "):
        await connect(poller, asyncio.Protocol, "127.0.0.1", port, 5.0)


async def test_a_name_that_is_none_is_a_failed_connection(poller: Poller) -> None:
    with pytest.raises(ConnectFailed, match=r"nowhere\.invalid"):
        await connect(poller, asyncio.Protocol, "nowhere.invalid", 80, 5.0)


async def test_a_connection_that_does_not_stand_in_time_is_given_up(poller: Poller) -> None:
    # A listener whose queue is full drops what else comes: the kernel answers nothing at all.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for sock in waiting:
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            with pytest.raises(ConnectTimedOut, match=r"within 0\.2 s"):
                await connect(poller, asyncio.Protocol, "127.0.0.1", port, 0.2)
        finally:
            for sock in waiting:
                sock.close()


async def test_connects_to_an_ipv6_literal_and_sends_without_delay(poller: Poller) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        owner = Owner()
        await connect(poller, lambda: owner, "::1", server.getsockname()[1], 5.0)
        assert owner.names == ["made"]
        assert owner.transport.get_extra_info("peername")[:2] == server.getsockname()[:2]
        sock = owner.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_nothing_is_left_open_by_attempts_that_end_early(poller: Poller) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.socket() as first, socket.socket() as second:
            for sock in (first, second):
                sock.setblocking(False)
                sock.connect_ex(full.getsockname())
            before = open_sockets()
            attempt = asyncio.create_task(connect(poller, asyncio.Protocol, *full.getsockname(), 5.0))
            await asyncio.sleep(0)
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt
            assert open_sockets() <= before


async def test_a_poller_that_is_closed_makes_a_failed_connection(poller: Poller) -> None:
    poller.close()
    async with ScriptedEndpoint(answering) as endpoint:
        with pytest.raises(ConnectFailed, match="closed"):
            await connect(poller, asyncio.Protocol, "127.0.0.1", endpoint.port, 5.0)
