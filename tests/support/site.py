"""A backend of web pages: an HTTP/1.1 server in a thread, with content by path, that remembers what it was asked."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.support.recording_server import Received


@dataclass(frozen=True, slots=True)
class Content:
    """What a path has: fields beside Content-Length, and the body. With an ETag it answers conditional requests."""

    body: bytes = b"ok"
    fields: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


class Events:
    """What a path says bit by bit: `say` sends one part, `b""` ends it."""

    def __init__(self) -> None:
        self._parts: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def say(self, part: bytes) -> None:
        self._parts.put(part)

    def next_part(self) -> bytes:
        """The next part, waited for. Raises queue.Empty where none comes for long."""
        return self._parts.get(timeout=60.0)


class Site:
    """Listens on a free `port` of loopback while entered; a path without content is answered with `ok` and 200.

    `received` grows with each request. Content by path without its query.
    """

    def __init__(self, content: Mapping[str, Content | Events]) -> None:
        self.content = dict(content)
        self.received: list[Received] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                fields = {key.lower(): value for key, value in self.headers.items()}
                site.received.append(Received(self.command, self.path, fields, self.rfile.read(length)))
                content = site.content.get(self.path.partition("?")[0], Content())
                if isinstance(content, Events):
                    self._tell(content)
                else:
                    self._answer(content)

            def _answer(self, content: Content) -> None:
                tags = self.headers.get("if-none-match", "").replace("W/", "").split(", ")
                known = content.fields.get("etag") in tags
                self.send_response(304 if known else content.status)
                for name, value in content.fields.items():
                    self.send_header(name, value)
                if not known:
                    self.send_header("content-length", str(len(content.body)))
                self.end_headers()
                if not known and self.command != "HEAD":
                    self.wfile.write(content.body)

            def _tell(self, events: Events) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                while part := events.next_part():
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
                self.wfile.write(b"0\r\n\r\n")

            def __getattr__(self, name: str) -> object:
                """`do_GET` and the like: every method is taken."""
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="site")

    def asked(self, path: str) -> list[Received]:
        """What was asked of that path, whatever the query."""
        return [each for each in self.received if each.target.partition("?")[0] == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
