"""Owners of connections are those of asyncio."""

from __future__ import annotations

import asyncio

from gateway.transport.protocol import StreamProtocol


def test_every_protocol_of_asyncio_can_own_a_connection() -> None:
    owner: StreamProtocol = asyncio.Protocol()
    names = {name for name in vars(StreamProtocol) if not name.startswith("_")}
    assert names == {
        "connection_made",
        "data_received",
        "eof_received",
        "connection_lost",
        "pause_writing",
        "resume_writing",
    }
    assert all(hasattr(owner, name) for name in names)
