"""Processes of `weir echo` on fixed ports, and a program that restarts one: RESTART of examples/rolling-update."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from tests.support.weir_command import Echo, eventually, status_of
from tools.running import free_ports


class EchoFleet:
    """`count` of them, each with `options`; while entered, `restart` is a program that takes `address:port` of one.

    A restart is SIGTERM, or SIGKILL where they are `killed`, the end of the process, and a new one on the same port, up
    to its first answer. Where they register themselves, `restart` waits for that too.
    """

    def __init__(self, folder: Path, count: int, *options: str, killed: bool = False) -> None:
        self.ports = free_ports(count)
        self.restarts = 0
        self.restart = folder / "restart"
        self._options = options
        self._killed = killed
        self._echoes: dict[int, Echo] = {}
        self._exit_codes: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        url = f"http://127.0.0.1:{self._server.server_port}"
        self.restart.write_text(f'#!/bin/sh\nexec curl -fsS --max-time 50 "{url}/$1"\n')
        self.restart.chmod(0o755)

    @property
    def places(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.ports]

    @property
    def ended_well(self) -> bool:
        """Whether each process that got SIGTERM ended with 0."""
        return not any(self._exit_codes)

    def _start(self, port: int) -> None:
        echo = self._echoes[port] = Echo("--port", str(port), *self._options)
        if "--consul" in self._options:
            line = echo.line()
            assert line.startswith("registered "), line
        eventually(lambda: status_of(f"http://127.0.0.1:{port}/healthz") == 200)

    def _restart(self, port: int) -> None:
        echo = self._echoes[port]
        if self._killed:
            echo.close()
        else:
            echo.signal()
            self._exit_codes.append(echo.ended()[0])
        self._start(port)
        self.restarts += 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fleet = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    fleet._restart(int(self.path.rpartition(":")[2]))
                except Exception as error:
                    self.send_error(500, type(error).__name__)
                    raise
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silence: what fails reaches the script."""

        return Handler

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, name="restarts", daemon=True).start()
        with ThreadPoolExecutor(4) as starting:
            list(starting.map(self._start, self.ports))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for echo in self._echoes.values():
            echo.close()
