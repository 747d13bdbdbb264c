"""The access log: one JSON line per exchange, written by a thread of its own, so that a slow disk slows no client.

The data path only appends to a bounded queue; what does not fit is dropped and counted. Each line is one `write` on a
file opened for appending, so several workers may share a file.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import orjson

from gateway.hot.ledger import Ledger
from gateway.telemetry import metrics

BATCH_LINES = 512
FLUSH_S = 0.1
"""How long lines may wait: long enough to write many at once, short enough to follow by eye."""


@dataclass(slots=True)
class AccessEntry:
    """What is known of one exchange when it ends; texts are empty and numbers 0 where there was none."""

    unix_s: float
    listener: str
    status: int
    client: str
    error: str
    detail: str
    route: str = ""
    backend: str = ""
    endpoint: str = ""
    method: str = ""
    host: str = ""
    path: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    duration_ns: int = 0
    upstream_ns: int = 0
    request_id: str = ""
    protocol: str = ""
    user_agent: str = ""
    retries: int = 0


def _time(entry: AccessEntry) -> str:
    return datetime.fromtimestamp(entry.unix_s, UTC).isoformat(timespec="milliseconds")


FIELDS: dict[str, Callable[[AccessEntry], str | int | float]] = {
    "time": _time,
    "client": lambda entry: entry.client,
    "listener": lambda entry: entry.listener,
    "method": lambda entry: entry.method,
    "host": lambda entry: entry.host,
    "path": lambda entry: entry.path,
    "protocol": lambda entry: entry.protocol,
    "status": lambda entry: entry.status,
    "route": lambda entry: entry.route,
    "backend": lambda entry: entry.backend,
    "endpoint": lambda entry: entry.endpoint,
    "bytesIn": lambda entry: entry.bytes_in,
    "bytesOut": lambda entry: entry.bytes_out,
    "durationMs": lambda entry: round(entry.duration_ns / 1e6, 3),
    "upstreamMs": lambda entry: round(entry.upstream_ns / 1e6, 3),
    "retries": lambda entry: entry.retries,
    "requestId": lambda entry: entry.request_id,
    "userAgent": lambda entry: entry.user_agent,
    "error": lambda entry: entry.error,
    "detail": lambda entry: entry.detail,
}
"""Every field that a line may have, in the default order."""


class AccessLog:
    """Writes to `path`: a file, `-` for standard output, or `off`.

    `fields` names what is written, in order; empty means all. `sample` is the share of exchanges, 0..1, whose line is
    written; answers of 500 and more always are. `queue_entries` bounds what waits for the disk.
    """

    def __init__(
        self, path: str, fields: Sequence[str], sample: float, queue_entries: int, ledger: Ledger, random: Random
    ) -> None:
        self._path = path
        self._fields = tuple((name, FIELDS[name]) for name in (fields or FIELDS))
        self._sample = sample
        self._bound = queue_entries
        self._ledger = ledger
        self._random = random
        self._queue: deque[AccessEntry] = deque()
        self._wake = threading.Event()
        self._reopen = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        if path != "off":
            self._thread = threading.Thread(target=self._write_all, name="access-log", daemon=True)
            self._thread.start()

    @classmethod
    def off(cls) -> AccessLog:
        """One that writes nothing."""
        return cls("off", (), 0.0, 1, Ledger.private(), Random(0))  # noqa: S311 -- nothing is drawn

    def wants(self, status: int) -> bool:
        """Whether an exchange that ended with `status` is written; drawn anew at each call."""
        if self._thread is None:
            return False
        return status >= 500 or self._sample >= 1.0 or self._random.random() < self._sample

    def record(self, entry: AccessEntry) -> None:
        """Hand a line over; never blocks."""
        if len(self._queue) >= self._bound:
            self._ledger.add(metrics.ACCESS_LOG_DROPPED)
            return
        self._queue.append(entry)
        self._ledger.add(metrics.ACCESS_LOG_LINES)

    def reopen(self) -> None:
        """Open the file anew by its path, as after a rotation."""
        self._reopen = True
        self._wake.set()

    def close(self) -> None:
        """Write what waits, within a second, and stop."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def _open(self) -> int:
        if self._path == "-":
            return os.dup(1)
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def _write_all(self) -> None:
        descriptor = self._open_or_none()
        while True:
            self._wake.wait(FLUSH_S)
            self._wake.clear()
            if self._reopen:
                self._reopen = False
                if descriptor is not None:
                    os.close(descriptor)
                descriptor = self._open_or_none()
            while self._queue:
                descriptor = self._write_batch(descriptor)
            if self._stopping:
                if descriptor is not None:
                    os.close(descriptor)
                return

    def _open_or_none(self) -> int | None:
        try:
            return self._open()
        except OSError:
            return None

    def _write_batch(self, descriptor: int | None) -> int | None:
        lines = []
        for _ in range(min(len(self._queue), BATCH_LINES)):
            entry = self._queue.popleft()
            lines.append(orjson.dumps({name: read(entry) for name, read in self._fields}) + b"\n")
        if descriptor is None:
            descriptor = self._open_or_none()
        if descriptor is None:
            self._ledger.add(metrics.ACCESS_LOG_UNWRITTEN, len(lines))
            return None
        data = b"".join(lines)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError:
            # A full disk or a closed pipe: these lines are lost, the next batch tries again with a new descriptor.
            self._ledger.add(metrics.ACCESS_LOG_UNWRITTEN, len(lines))
            os.close(descriptor)
            return None
        return descriptor
