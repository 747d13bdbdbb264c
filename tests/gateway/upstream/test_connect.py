"""Connections to endpoints: by literal and by name, refused, and too slow."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gateway.errors import ConnectFailed, ConnectTimedOut
from gateway.upstream.connect import connect
from tests.support.wire import ScriptedEndpoint, answering


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
async def test_connects_by_literal_and_by_name(address: str) -> None:
    async with ScriptedEndpoint(answering) as endpoint:
        loop = asyncio.get_running_loop()
        made: list[asyncio.Protocol] = []

        def factory() -> asyncio.Protocol:
            made.append(asyncio.Protocol())
            return made[-1]

        found = await connect(loop, factory, address, endpoint.port, 5.0)
    assert made == [found]


async def test_a_name_whose_first_address_is_dead_is_reached_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
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
        assert isinstance(await connect(loop, asyncio.Protocol, "two.example", endpoint.port, 5.0), asyncio.Protocol)


async def test_a_refused_connection_names_the_place_and_may_go_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(ConnectFailed, match=rf"no connection to 127\.0\.0\.1:{port}: "):
        await connect(asyncio.get_running_loop(), asyncio.Protocol, "127.0.0.1", port, 5.0)


async def test_a_name_that_is_none_is_a_failed_connection() -> None:
    with pytest.raises(ConnectFailed, match=r"nowhere\.invalid"):
        await connect(asyncio.get_running_loop(), asyncio.Protocol, "nowhere.invalid", 80, 5.0)


async def test_a_connection_that_does_not_stand_in_time_is_given_up() -> None:
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
                await connect(asyncio.get_running_loop(), asyncio.Protocol, "127.0.0.1", port, 0.2)
        finally:
            for sock in waiting:
                sock.close()
