"""Bodies of any size over blocking sockets: an endpoint and a client in threads, and the peak of a process's memory."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

MIB = 1 << 20
BLOCK = bytes(range(251)) * 4178
"""A little over 1 MiB, and prime in its period, so that a block lost or sent twice changes the sum."""
TIMEOUT_S = 30.0
STALL_S = 0.25


class Sum:
    """Length and CRC-32 of a body."""

    def __init__(self) -> None:
        self.length = 0
        self.crc = 0

    def add(self, data: bytes | memoryview) -> None:
        self.crc = zlib.crc32(data, self.crc)
        self.length += len(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and (self.length, self.crc) == (other.length, other.crc)

    def __hash__(self) -> int:
        return hash((self.length, self.crc))

    def __repr__(self) -> str:
        return f"{self.length} bytes with CRC {self.crc:08x}"


def blocks(length: int) -> Iterator[memoryview]:
    """A body of `length` bytes in blocks."""
    while length > 0:
        block = memoryview(BLOCK)[:length]
        length -= len(block)
        yield block


def sum_of(length: int) -> Sum:
    """What `blocks(length)` comes to."""
    whole = Sum()
    for block in blocks(length):
        whole.add(block)
    return whole


class Wire:
    """One side of an HTTP/1.1 connection on a blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sent_bytes = 0
        self.received = Sum()
        self._buffer = bytearray()
        sock.settimeout(TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left:
            count = self.sock.send(left)
            self.sent_bytes += count
            left = left[count:]

    def send_body(self, length: int, *, chunked: bool) -> None:
        for block in blocks(length):
            if chunked:
                self.send(b"%x\r\n" % len(block))
            self.send(block)
            if chunked:
                self.send(b"\r\n")
        if chunked:
            self.send(b"0\r\n\r\n")

    def head(self) -> tuple[bytes, dict[bytes, bytes]]:
        """Start line and fields (names lower-case). Raises EOFError where the connection ends before one begins."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._fill()
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        start, *lines = head.split(b"\r\n")
        return start, {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}

    def body(self, fields: dict[bytes, bytes]) -> Iterator[int]:
        """Read the body that `fields` announce; yields the count of bytes so far after each part."""
        if fields.get(b"transfer-encoding") == b"chunked":
            while size := self._chunk_size():
                yield from self._take(size)
                self._line()
            while self._line():
                pass
        else:
            yield from self._take(int(fields.get(b"content-length", b"0")))

    def receive_body(self, fields: dict[bytes, bytes]) -> Sum:
        """The whole body."""
        for _ in self.body(fields):
            pass
        return self.received

    def read(self, most: int) -> bytes:
        """Some bytes, 1..`most` of them, apart from the sum."""
        if not self._buffer:
            self._fill()
        part = bytes(self._buffer[:most])
        del self._buffer[:most]
        return part

    def close(self) -> None:
        self.sock.close()

    def _chunk_size(self) -> int:
        return int(self._line(), 16)

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._fill()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _take(self, size: int) -> Iterator[int]:
        while size:
            if not self._buffer:
                self._fill()
            part = bytes(self._buffer[:size])
            del self._buffer[: len(part)]
            self.received.add(part)
            size -= len(part)
            yield self.received.length

    def _fill(self) -> None:
        data = self.sock.recv(256 * 1024)
        if not data:
            raise EOFError("the connection ended")
        self._buffer += data


class BulkEndpoint:
    """Takes any body and gives any: `/download/SIZE` and `/download-chunked/SIZE`, else the sum of what it was sent.

    While `go` is clear it neither reads nor writes a body: then Weir has to hold the sender back.
    """

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.go = threading.Event()
        self.go.set()
        self.wires: list[Wire] = []
        self._thread = threading.Thread(target=self._accept, name="bulk endpoint", daemon=True)

    @property
    def sent_bytes(self) -> int:
        return sum(wire.sent_bytes for wire in self.wires)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            wire = Wire(sock)
            self.wires.append(wire)
            threading.Thread(target=self._serve, args=(wire,), name="bulk connection", daemon=True).start()

    def _serve(self, wire: Wire) -> None:
        wire.sock.settimeout(None)
        try:
            while True:
                start, fields = wire.head()
                wire.received = Sum()
                for _ in wire.body(fields):
                    self.go.wait(TIMEOUT_S)
                self._answer(wire, start.split(b" ")[1].decode())
        except (EOFError, OSError):
            wire.close()

    def _answer(self, wire: Wire, path: str) -> None:
        kind, _, size = path.lstrip("/").partition("/")
        if kind in {"download", "download-chunked"}:
            chunked = kind == "download-chunked"
            framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % int(size)
            wire.send(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing)
            wire.send_body(int(size), chunked=chunked)
        else:
            body = repr(wire.received).encode()
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.go.set()
        self._thread.join(TIMEOUT_S)
        for wire in self.wires:
            wire.close()


def connect(port: int, source: str = "127.0.0.1") -> Wire:
    """A client of 127.0.0.1:`port`."""
    return Wire(socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S, source_address=(source, 0)))


def until_stalled(wire: Wire | BulkEndpoint) -> int:
    """Wait until what `wire` sends no longer goes out; how much went."""
    deadline_s = time.monotonic() + TIMEOUT_S
    sent = -1
    while wire.sent_bytes != sent:
        assert time.monotonic() < deadline_s, f"it still takes bytes after {wire.sent_bytes}"
        sent = wire.sent_bytes
        time.sleep(STALL_S)
    return sent


class PeakMemory:
    """How much more memory than at the beginning the process has held at its peak."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        # Forgets the peak of before (proc(5), clear_refs).
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        self._before = self._status("VmRSS")

    def growth_bytes(self) -> int:
        return self._status("VmHWM") - self._before

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
