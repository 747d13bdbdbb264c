"""Connecting over the poller: stands, refused, given up, and the poller's end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from gateway.transport.dial import dial
from gateway.transport.poller import Poller


@contextlib.contextmanager
def client(family: int = socket.AF_INET) -> Iterator[socket.socket]:
    with socket.socket(family) as sock:
        sock.settimeout(0.0)
        yield sock


@contextlib.contextmanager
def deaf_server() -> Iterator[tuple[str, int]]:
    """A listener whose queue is full: the kernel answers nothing at all."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        yield full.getsockname()


@pytest.mark.parametrize(("address", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
async def test_a_connection_stands(poller: Poller, address: str, family: socket.AddressFamily) -> None:
    with socket.create_server((address, 0), family=family) as server, client(family) as sock:
        await dial(poller, sock, (address, server.getsockname()[1]))
        assert sock.getpeername()[:2] == server.getsockname()[:2]
    assert poller.count == 0


async def test_a_refusal_is_what_the_kernel_says(poller: Poller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with client() as sock, pytest.raises(ConnectionRefusedError, match="Connection refused"):
        await dial(poller, sock, ("127.0.0.1", port))


async def test_what_the_kernel_refuses_at_once_is_told_too(poller: Poller) -> None:
    with client() as sock, pytest.raises(OSError, match=r"Network is unreachable|Permission denied|Invalid argument"):
        await dial(poller, sock, ("255.255.255.255", 9))


async def test_one_that_is_given_up_is_watched_no_more(poller: Poller) -> None:
    with deaf_server() as name, client() as sock:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(dial(poller, sock, name), 0.05)
        assert poller.count == 0


async def test_one_under_way_when_the_poller_closes_fails(poller: Poller) -> None:
    with deaf_server() as name, client() as sock:
        attempt = asyncio.create_task(dial(poller, sock, name))
        await asyncio.sleep(0)
        poller.close()
        with pytest.raises(OSError, match="shutdown"):
            await attempt
