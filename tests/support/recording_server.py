"""A real HTTP/1.1 endpoint in a thread that remembers what it was asked and answers with its name."""

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


class RecordingServer:
    """Listens on `host`:`port` while entered; `received` grows with each request."""

    def __init__(self, name: str, port: int, host: str = "127.0.0.1") -> None:
        self.name = name
        self.received: list[Received] = []
        self.arrived = threading.Condition()
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {key.lower(): value for key, value in self.headers.items()}
                with recorder.arrived:
                    recorder.received.append(Received(self.command, self.path, headers, body))
                    recorder.arrived.notify_all()
                answer = recorder.name.encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def __getattr__(self, name: str) -> object:
                """`do_GET` and the like: every method is taken."""
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Say nothing."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name=f"endpoint {name}")

    def wait_for(self, count: int, timeout_s: float = 20.0) -> None:
        """Until that many requests have come in all. Raises AssertionError."""
        with self.arrived:
            done = self.arrived.wait_for(lambda: len(self.received) >= count, timeout_s)
        assert done, f"{self.name} got {len(self.received)} of {count} requests"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
