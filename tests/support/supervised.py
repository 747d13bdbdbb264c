"""A supervisor with real workers on a hand-made configuration, as a process of its own, and how a test leads it.

Run as a program it serves `--port` with no route, so that every request is answered 404 and counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

from config.problems import Problem
from config.resources.weir import WeirSpec
from config.snapshot import Listener, Port, Snapshot
from config.sources.text import Reading, SourceText
from gateway.supervisor import Supervisor
from gateway.telemetry.process_log import set_up_logging
from tools.running import free_ports

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 20.0


class OneFile:
    """A source of one file that is read when asked, and never changes by itself."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Reading:
        return Reading((SourceText(str(self._file), self._file.read_bytes()),))

    async def __aiter__(self) -> AsyncIterator[object]:
        await asyncio.Event().wait()
        yield None


@dataclass(frozen=True)
class Loaded:
    snapshot: Snapshot | None
    problems: Sequence[Problem]


class TinyLoad:
    """The text is the list of ports, blank between them; `broken` is an error."""

    def __init__(self, spec: WeirSpec) -> None:
        self._spec = spec

    def __call__(self, documents: Sequence[SourceText], /, *, generation: int, previous: Snapshot | None) -> Loaded:
        text = documents[0].data.decode()
        if text == "broken":
            return Loaded(None, [Problem(documents[0].name, 1, 1, "", "it is broken")])
        ports = tuple(Port("127.0.0.1", int(port), "HTTP", (Listener("d/g/http", "*", ()),)) for port in text.split())
        return Loaded(Snapshot(generation, text, self._spec, ports, {}, ()), [])


def free_port() -> int:
    return free_ports(1)[0]


def get(port: int, path: str = "/", headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status and body; status 0 where nothing answers."""
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers or {}))
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Supervised:
    """The process; `port` it serves, `admin` shows what it says of itself."""

    def __init__(self, folder: Path, *, workers: int, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.admin = free_port()
        self.config = folder / "ports"
        self.config.write_text(str(self.port))
        self.pid_file = folder / "weir.pid"
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, __file__, str(self.config), str(self.admin)),
                    *("--workers", str(workers), "--pid-file", str(self.pid_file)),
                ],
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
                stderr=log,
            )

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def wait_ready(self) -> Supervised:
        self.wait_until(lambda: get(self.admin, "/readyz")[0] == 200)
        return self

    def wait_until(self, holds: object) -> None:
        assert callable(holds)
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def workers(self) -> list[int]:
        return sorted(child.pid for child in psutil.Process(self.process.pid).children())

    def metric(self, name: str) -> float:
        """The sum of all series of `name`."""
        lines = get(self.admin, "/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        return self.process.wait(WAIT_S)

    def close(self) -> None:
        if self.process.poll() is None:
            children = psutil.Process(self.process.pid).children()
            self.process.kill()
            for child in children:
                child.kill()
            self.process.wait()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("admin", type=int)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--pid-file", required=True)
    given = parser.parse_args(arguments)
    spec = WeirSpec.model_validate(
        {
            "workers": given.workers,
            "admin": {"port": given.admin},
            "shutdownTimeout": "5s",
            "pidFile": given.pid_file,
            "telemetry": {"accessLog": {"path": "off"}},
        }
    )
    set_up_logging()

    async def serve() -> int:
        return await Supervisor([OneFile(given.config)], TinyLoad(spec)).run()

    return uvloop.run(serve())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
