"""An HTTP/1.1 server in a thread of the test's process, for as long as it is entered."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; names of `headers` are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class AnyMethod(BaseHTTPRequestHandler):
    """Gives requests of every method to `handle_any`, over connections that are kept, and says nothing of them."""

    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        """Answer the request."""
        raise NotImplementedError

    def receive(self) -> Received:
        """The request with its body."""
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        return Received(self.command, self.path, {key.lower(): value for key, value in self.headers.items()}, body)

    def __getattr__(self, name: str) -> object:
        """`do_GET` and the like: every method is taken."""
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


class ServerInThread:
    """Listens on `host`:`port` from when it is made, 0 for a free one, and answers by `handler` while entered."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int, host: str, name: str) -> None:
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name=name)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
