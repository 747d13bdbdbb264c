"""A client of large answers that leaves their bytes in the kernel: it must not be what limits a proxy."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from benchmarks.answer_check import WrongAnswer
from benchmarks.figures import percentile
from benchmarks.wrk import LoadFailed, LoadReport

# With MSG_TRUNC the kernel drops what was asked for without copying it (tcp(7)); Python wants a buffer all the same.
PIECE_BYTES = 1 << 20
_NOWHERE = bytearray(PIECE_BYTES)
HEAD_LIMIT_BYTES = 8192
# How long answers under way may take after the last was asked for.
GRACE_S = 60.0


@dataclass(slots=True)
class Download:
    """One connection with the answer that it is in. `left_bytes` is -1 until the head is there."""

    connection: socket.socket
    began_s: float
    head: bytearray = field(default_factory=bytearray)
    left_bytes: int = -1


def receive_for(port: int, request: bytes, body_bytes: int, connections: int, duration_s: float) -> LoadReport:
    """Ask over and over for that long, on so many connections; answers under way are waited for.

    Raises WrongAnswer where one is not 200 with a Content-Length of `body_bytes`, LoadFailed where they do not come.
    """
    took_ms: list[float] = []
    with ExitStack() as held:
        selector = held.enter_context(selectors.DefaultSelector())
        began_s = time.monotonic()
        end_s = began_s + duration_s
        for _ in range(connections):
            connection = held.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=GRACE_S)))
            connection.sendall(request)
            connection.settimeout(0)
            selector.register(connection, selectors.EVENT_READ, Download(connection, time.monotonic()))
        while selector.get_map():
            ready = selector.select(timeout=GRACE_S)
            if not ready or time.monotonic() > end_s + GRACE_S:
                raise LoadFailed(f"answers were not there {GRACE_S:g} s after they were asked for")
            for key, _ in ready:
                download: Download = key.data
                if not _advance(download, body_bytes):
                    continue
                now_s = time.monotonic()
                took_ms.append((now_s - download.began_s) * 1e3)
                if now_s >= end_s:
                    selector.unregister(download.connection)
                    continue
                download.began_s, download.left_bytes = now_s, -1
                download.head.clear()
                # A request fits a socket buffer that holds nothing else.
                download.connection.send(request)
        seconds = time.monotonic() - began_s
    return LoadReport(
        requests=len(took_ms),
        seconds=seconds,
        answer_bytes=len(took_ms) * body_bytes,
        not_2xx=0,
        socket_errors=0,
        p50_ms=percentile(took_ms, 0.5),
        p99_ms=percentile(took_ms, 0.99),
        p999_ms=percentile(took_ms, 0.999),
    )


def _advance(download: Download, body_bytes: int) -> bool:
    """Take what is there; whether the answer is whole. Raises WrongAnswer, LoadFailed."""
    for size in _received(download):
        if size == 0:
            raise LoadFailed("a connection was closed within an answer")
        if download.left_bytes < 0:
            _take_head(download, body_bytes)
        else:
            download.left_bytes -= size
        if download.left_bytes == 0:
            return True
    return False


def _received(download: Download) -> Iterator[int]:
    """Sizes of what was received, until there is no more; a head's bytes are put where they belong."""
    while True:
        try:
            if download.left_bytes < 0:
                part = download.connection.recv(HEAD_LIMIT_BYTES)
                download.head += part
                yield len(part)
            else:
                yield download.connection.recv_into(_NOWHERE, min(download.left_bytes, PIECE_BYTES), socket.MSG_TRUNC)
        except BlockingIOError:
            return


def _take_head(download: Download, body_bytes: int) -> None:
    end = download.head.find(b"\r\n\r\n")
    if end < 0:
        if len(download.head) > HEAD_LIMIT_BYTES:
            raise WrongAnswer(f"no end of a head: {bytes(download.head[:80])!r}")
        return
    head = bytes(download.head[:end]).lower()
    length = next(
        (line.partition(b":")[2].strip() for line in head.split(b"\r\n") if line.startswith(b"content-length:")), b""
    )
    if not head.startswith(b"http/1.1 200 ") or length != b"%d" % body_bytes:
        raise WrongAnswer(f"{head[:200]!r}")
    download.left_bytes = body_bytes - (len(download.head) - end - 4)
