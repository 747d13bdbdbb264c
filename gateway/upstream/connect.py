"""Opens one TCP connection to an endpoint: at once for an IP literal, by happy eyeballs (RFC 8305) for a name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import TypeVar

import aiohappyeyeballs

from gateway.errors import ConnectFailed, ConnectTimedOut
from gateway.transport.dial import dial
from gateway.transport.poller import Poller
from gateway.transport.protocol import StreamProtocol
from gateway.transport.stream import open_stream

P = TypeVar("P", bound=StreamProtocol)

CONNECTION_ATTEMPT_DELAY_S = 0.25
"""RFC 8305 8: the recommended head start of each address over the next."""


async def connect(poller: Poller, factory: Callable[[], P], address: str, port: int, timeout_s: float) -> P:
    """Connect to `address` (IP literal or host name) within `timeout_s` seconds; the owner is told, and returned.

    Raises ConnectTimedOut or ConnectFailed, whose text names the address and what the system said.
    """
    place = f"{address}:{port}"
    try:
        async with asyncio.timeout(timeout_s or None):
            if _is_literal(address):
                sock = await _connected(poller, address, port)
            else:
                found = await poller.loop.getaddrinfo(address, port, type=socket.SOCK_STREAM)
                sock = await aiohappyeyeballs.start_connection(
                    found, happy_eyeballs_delay=CONNECTION_ATTEMPT_DELAY_S, interleave=1, loop=poller.loop
                )
        with sock:
            # As asyncio does: else a request would wait for the acknowledgement of the one before.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            protocol = factory()
            open_stream(poller, sock.detach(), protocol)
    except TimeoutError as error:
        raise ConnectTimedOut(f"no connection to {place} within {timeout_s:g} s") from error
    except OSError as error:
        raise ConnectFailed(f"no connection to {place}: {error.strerror or error}") from error
    return protocol


async def _connected(poller: Poller, address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.settimeout(0.0)
        await dial(poller, sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _is_literal(address: str) -> bool:
    try:
        ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return True
