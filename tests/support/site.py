"""A backend of web pages: an HTTP/1.1 server in a thread, with content by path, that remembers what it was asked."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.server_in_thread import AnyMethod, Received, ServerInThread


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


class Site(ServerInThread):
    """Listens on a free `port` of loopback while entered; a path without content is answered with `ok` and 200.

    `received` grows with each request. Content by path without its query.
    """

    def __init__(self, content: Mapping[str, Content | Events]) -> None:
        self.content = dict(content)
        self.received: list[Received] = []
        site = self

        class Handler(AnyMethod):
            def handle_any(self) -> None:
                site.received.append(self.receive())
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

        super().__init__(Handler, 0, "127.0.0.1", "site")

    def asked(self, path: str) -> list[Received]:
        """What was asked of that path, whatever the query."""
        return [each for each in self.received if each.target.partition("?")[0] == path]
