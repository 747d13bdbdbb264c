"""Surroundings of scenarios under test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.bench import SMOKE, Bench
from benchmarks.placement import Cores


class Quiet:
    """Nobody looks."""

    def step(self, text: str) -> None:
        pass

    def expect(self, steps: int) -> None:
        pass


def bench_in(folder: Path, *peers: str) -> Bench:
    """A bench with the least effort; `folder` exists."""
    return Bench(folder, Cores.of_this_process(), SMOKE, peers, Quiet())


class QuietHandler(BaseHTTPRequestHandler):
    """Keeps connections and says nothing of its own."""

    protocol_version = "HTTP/1.1"
    # One write per answer, or each would wait for a delayed acknowledgement.
    wbufsize = -1

    def answer(self, status: int, body: bytes) -> None:
        """Send all of it."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A server on loopback; gives its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listening.server_port
        finally:
            listening.shutdown()
            thread.join()
