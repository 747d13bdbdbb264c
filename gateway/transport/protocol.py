"""What a transport calls on whoever owns a connection: the methods of asyncio.Protocol, which any object may have."""

from __future__ import annotations

import asyncio
from typing import Protocol


class StreamProtocol(Protocol):
    """The owner of one connection. `connection_lost` follows every `connection_made`, once, and nothing follows it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""

    def data_received(self, data: bytes) -> None:
        """So many octets came, never none."""

    def eof_received(self) -> bool | None:
        """The peer sends no more. True keeps the connection for writing."""

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone: None where both sides ended it in order or it was aborted here."""

    def pause_writing(self) -> None:
        """More than the high-water mark waits to be sent."""

    def resume_writing(self) -> None:
        """It is down to the low-water mark again."""
