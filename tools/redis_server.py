"""A real Redis server on a free port of 127.0.0.1, for tests and benchmarks."""

from __future__ import annotations

import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.running import NotStarted, RunningProgram, free_ports

ATTEMPTS = 3


class RedisServer:
    """One server, in memory; with `persistent` its data outlives a restart (an append-only file in `folder`)."""

    def __init__(self, redis_server: Path, folder: Path, *, persistent: bool = False) -> None:
        """Keep the settings; nothing runs yet. `folder` exists and takes the log and the data."""
        self._redis_server = redis_server
        self._folder = folder
        self._persistent = persistent
        self._program: RunningProgram | None = None
        self.port = 0

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:port/0`."""
        return f"redis://{self.address}/0"

    @property
    def _running(self) -> RunningProgram:
        if self._program is None:
            raise NotStarted("the Redis server was not started")
        return self._program

    def start(self) -> None:
        """Start on a free port and wait for its answer. Raises NotStarted."""
        for attempt in range(ATTEMPTS):
            (self.port,) = free_ports(1)
            command = [str(self._redis_server), "--bind", "127.0.0.1", "--port", str(self.port)]
            command += ["--dir", str(self._folder), "--save", "", "--daemonize", "no"]
            command += ["--appendonly", "yes" if self._persistent else "no", "--appendfsync", "always"]
            self._program = RunningProgram(command, self._folder / "redis.log")
            try:
                self._program.start(self.answers)
            except NotStarted as error:
                self._program.kill()
                if "already in use" not in str(error) or attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def answers(self) -> bool:
        """Whether it says PONG."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2.0) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9."""
        self._running.kill()

    def stop(self) -> None:
        """End it in its own way; nothing where it does not run."""
        if self._program is not None:
            self._program.stop()

    def restart(self) -> None:
        """Start again on the same port (after `kill` or `stop`, or while it runs) and wait for its answer."""
        self._running.stop()
        self._running.start(self.answers)

    def freeze(self) -> None:
        """Let it hang."""
        self._running.freeze()

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._running.thaw()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
