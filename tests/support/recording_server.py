"""A real HTTP/1.1 endpoint in a thread that remembers what it was asked and answers with its name."""

from __future__ import annotations

import threading

from tests.support.server_in_thread import AnyMethod, Received, ServerInThread


class RecordingServer(ServerInThread):
    """Listens on `host`:`port` while entered; `received` grows with each request."""

    def __init__(self, name: str, port: int, host: str = "127.0.0.1") -> None:
        self.name = name
        self.received: list[Received] = []
        self.arrived = threading.Condition()
        recorder = self

        class Handler(AnyMethod):
            def handle_any(self) -> None:
                received = self.receive()
                with recorder.arrived:
                    recorder.received.append(received)
                    recorder.arrived.notify_all()
                answer = recorder.name.encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        super().__init__(Handler, port, host, f"endpoint {name}")

    def wait_for(self, count: int, timeout_s: float = 20.0) -> None:
        """Until that many requests have come in all. Raises AssertionError."""
        with self.arrived:
            done = self.arrived.wait_for(lambda: len(self.received) >= count, timeout_s)
        assert done, f"{self.name} got {len(self.received)} of {count} requests"
