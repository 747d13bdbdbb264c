"""Opens one TCP connection to an endpoint: at once for an IP literal, by happy eyeballs (RFC 8305) for a name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import TypeVar, cast

import aiohappyeyeballs

from gateway.errors import ConnectFailed, ConnectTimedOut

P = TypeVar("P")

CONNECTION_ATTEMPT_DELAY_S = 0.25
"""RFC 8305 8: the recommended head start of each address over the next."""


async def connect(
    loop: asyncio.AbstractEventLoop, factory: Callable[[], P], address: str, port: int, timeout_s: float
) -> P:
    """Connect to `address` (IP literal or host name) within `timeout_s` seconds.

    Raises ConnectTimedOut or ConnectFailed, whose text names the address and what the system said.
    """
    place = f"{address}:{port}"
    try:
        async with asyncio.timeout(timeout_s or None):
            if _is_literal(address):
                _, protocol = await loop.create_connection(_of_asyncio(factory), address, port)
                return cast(P, protocol)
            found = await loop.getaddrinfo(address, port, type=socket.SOCK_STREAM)
            sock = await aiohappyeyeballs.start_connection(
                found, happy_eyeballs_delay=CONNECTION_ATTEMPT_DELAY_S, interleave=1, loop=loop
            )
            try:
                _, protocol = await loop.create_connection(_of_asyncio(factory), sock=sock)
            except BaseException:
                sock.close()
                raise
            return cast(P, protocol)
    except TimeoutError as error:
        raise ConnectTimedOut(f"no connection to {place} within {timeout_s:g} s") from error
    except OSError as error:
        raise ConnectFailed(f"no connection to {place}: {error.strerror or error}") from error


def _of_asyncio(factory: Callable[[], P]) -> Callable[[], asyncio.Protocol]:
    """A connection has the methods of a protocol, which no C class can inherit from."""
    return cast("Callable[[], asyncio.Protocol]", factory)


def _is_literal(address: str) -> bool:
    try:
        ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return True
