"""A real HTTP/1.1 endpoint that falls sick in the ways that endpoints do, and recovers on the same port."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

IDLE_S = 30.0


class SickEndpoint:
    """Answers with its name, at `/healthz` with `fine`, while entered; `checks` counts the requests for the latter.

    Sick in one of these ways: `status` answers 500 everywhere, `words` answers the check without its word, `silence`
    takes requests and never answers, `endless` answers the check with headers that do not end, `refuse` listens no
    more.
    """

    def __init__(self, name: str, port: int = 0) -> None:
        self.name = name
        self.port = port
        self.checks = 0
        self.requests = 0
        self.connections = 0
        self._sickness = ""
        self._socket: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def fall_sick(self, how: str) -> None:
        """From the next request on."""
        self._sickness = how
        if how == "refuse":
            self._stop()

    def recover(self) -> None:
        """Be well again."""
        was, self._sickness = self._sickness, ""
        if was == "refuse":
            self._listen()

    def _listen(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True, name=self.name).start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(IDLE_S)
        data = b""
        with connection, suppress(OSError):
            while True:
                while b"\r\n\r\n" not in data:
                    part = connection.recv(65536)
                    if not part:
                        return
                    data += part
                head, _, data = data.partition(b"\r\n\r\n")
                self._answer(connection, check=head.split(b" ", 2)[1].startswith(b"/healthz"))

    def _answer(self, connection: socket.socket, *, check: bool) -> None:
        with self._lock:
            self.checks += check
            self.requests += not check
        sickness = self._sickness
        body = b"fine" if check else self.name.encode()
        status = b"200 OK"
        if sickness == "silence":
            while self._sickness == "silence":
                time.sleep(0.02)
            raise ConnectionError
        if sickness == "endless" and check:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"x-more: %b\r\n" % (b"y" * 1000))
        if sickness == "status":
            status = b"500 Sick"
        elif sickness == "words" and check:
            body = b"not so well"
        connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))

    def _stop(self) -> None:
        if self._socket is not None:
            # A close alone would not wake who accepts.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sickness = ""
        self._stop()
