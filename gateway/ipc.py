"""Messages between supervisor and worker, with open files attached, over a unix socket pair.

A message is 4 bytes length, 1 byte count of descriptors, then its pickle. Both ends are the same program of the same
user over an inherited descriptor, so pickle is no way in for anybody else.
"""

from __future__ import annotations

import array
import asyncio
import os
import pickle
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from config.resources.weir import WeirSpec
from discovery.endpoint import EndpointSet
from gateway.rate_limits.segment import LimitLayout
from gateway.telemetry.segment import Layout

_HEADER = struct.Struct("!IB")
RECEIVE_BYTES = 256 * 1024
LIMIT_QUEUED_BYTES = 1 << 30
"""What may wait for a worker that does not read; past it the worker counts as hung and its channel is closed."""


@dataclass(frozen=True, slots=True)
class Start:
    """First message: which worker this is; the memories of counters, of limits and of what is in flight are attached.

    `session_key` is the node's.
    """

    index: int
    layout: Layout
    limits: LimitLayout
    process: WeirSpec
    descriptors: int
    session_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Configure:
    """Swap to what is in `packed` (from `gateway.parcel`), of that generation; answered with `Applied`."""

    generation: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A view of one backend, and the slots of its endpoints in the table of what is in flight."""

    view: EndpointSet
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Serve:
    """Accept on the attached socket for that port."""

    port_key: str


@dataclass(frozen=True, slots=True)
class StopListening:
    """The port left: what runs on it has `timeout_s` seconds."""

    port_key: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Drain:
    """Accept no more, finish within `timeout_s` seconds, answer `Drained`, end."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class ReopenLogs:
    """Open the access log by its path again."""


@dataclass(frozen=True, slots=True)
class Describe:
    """Answer with `Described` of the same `number`."""

    number: int


@dataclass(frozen=True, slots=True)
class CountOutcomes:
    """Answer with `Outcomes` of that backend."""

    backend: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Requests that ended since the last time, and the failures among them, by endpoint; only those that had any."""

    backend: str
    seen: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Struck:
    """An endpoint failed as often in a row as `cause` (of `discovery.health.outlier.CAUSES`) takes."""

    backend: str
    endpoint: str
    cause: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The worker serves this generation; `problem` says why not, else ""."""

    generation: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Drained:
    """All exchanges are over; `complete` is False where some were cut."""

    complete: bool


@dataclass(frozen=True, slots=True)
class Described:
    """What `DataPath.describe` says."""

    number: int
    description: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BreakerOpened:
    """A breaker of that backend opened in one worker, for the endpoint of that id or "" for all: others open it too."""

    backend: str
    endpoint: str


Message = (
    Start
    | Configure
    | Endpoints
    | Serve
    | StopListening
    | Drain
    | ReopenLogs
    | Describe
    | CountOutcomes
    | Outcomes
    | Struck
    | Applied
    | Drained
    | Described
    | BreakerOpened
)


class Channel:
    """One end of the pair. `on_message` gets each message with its descriptors, which it then owns; must be started.

    `on_closed` is called once, when the other end is gone.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_message: Callable[[Message, Sequence[int]], None],
        on_closed: Callable[[], None],
    ) -> None:
        sock.settimeout(0.0)
        self._sock = sock
        self._on_message = on_message
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._incoming = bytearray()
        self._descriptors: deque[int] = deque()
        self._outgoing: deque[tuple[memoryview, list[int]]] = deque()
        self._queued_bytes = 0
        self._closed = False
        self._flushed = asyncio.Event()
        self._loop.add_reader(sock, self._readable)

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Queue a message; descriptors are copied at once, so the caller may close its own."""
        if self._closed:
            return
        body = pickle.dumps(message, protocol=5)
        data = memoryview(_HEADER.pack(len(body), len(descriptors)) + body)
        self._outgoing.append((data, [os.dup(descriptor) for descriptor in descriptors]))
        self._queued_bytes += len(data)
        if self._queued_bytes > LIMIT_QUEUED_BYTES:
            self._lost()
            return
        if len(self._outgoing) == 1:
            self._writable()

    async def flushed(self) -> None:
        """Wait until what was sent is with the other end, or the channel is closed."""
        if self._outgoing and not self._closed:
            self._flushed.clear()
            await self._flushed.wait()

    def close(self) -> None:
        """Let go of the socket and of descriptors that were not taken; `on_closed` is not called."""
        if self._closed:
            return
        self._closed = True
        self._flushed.set()
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        for _, descriptors in self._outgoing:
            for descriptor in descriptors:
                os.close(descriptor)
        self._outgoing.clear()

    def _lost(self) -> None:
        if not self._closed:
            self.close()
            self._on_closed()

    def _writable(self) -> None:
        while self._outgoing:
            data, descriptors = self._outgoing[0]
            # Descriptors travel with the first byte of their message.
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
            try:
                sent = self._sock.sendmsg([data], ancillary)
            except (BlockingIOError, InterruptedError):
                self._loop.add_writer(self._sock, self._writable)
                return
            except OSError:
                self._lost()
                return
            for descriptor in descriptors:
                os.close(descriptor)
            self._queued_bytes -= sent
            if sent == len(data):
                self._outgoing.popleft()
            else:
                self._outgoing[0] = (data[sent:], [])
        self._flushed.set()
        self._loop.remove_writer(self._sock)

    def _readable(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._sock, RECEIVE_BYTES, 16)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, descriptors = b"", []
        self._descriptors.extend(descriptors)
        if not data:
            self._lost()
            return
        self._incoming += data
        while not self._closed and len(self._incoming) >= _HEADER.size:
            length, count = _HEADER.unpack_from(self._incoming)
            end = _HEADER.size + length
            if len(self._incoming) < end:
                return
            message: Message = pickle.loads(self._incoming[_HEADER.size : end])  # noqa: S301 -- see above
            del self._incoming[:end]
            self._on_message(message, [self._descriptors.popleft() for _ in range(count)])
