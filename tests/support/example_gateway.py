"""`weir run` on an example: a copy with this run's ports and folders, started, asked, changed and stopped."""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tools.running import RunningProgram, free_ports

WEIR = Path(sys.executable).with_name("weir")
WAIT_S = 30.0
POLL_S = 0.02
PORT = re.compile(r"(?<![\d.])\d{2,5}(?![\d.])")


class _Loader(yaml.SafeLoader):
    """PyYAML's, but with the two booleans of YAML 1.2: the key `on` is a word."""


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("^(true|false)$"), ["t", "f"])


def with_ports(text: str, ports: Mapping[int, int]) -> str:
    """`text` in which each port number that `ports` knows is the one of this run."""
    return PORT.sub(lambda found: str(ports.get(int(found.group()), found.group())), text)


def documents_of(path: Path) -> list[dict[str, Any]]:
    """The YAML documents of a file, or of the files of a folder."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return [each for file in files for each in yaml.load_all(file.read_text(encoding="utf-8"), Loader=_Loader) if each]


def ports_of(path: Path) -> dict[int, int]:
    """A free port for each that the example listens on or sends to."""
    text = json.dumps(documents_of(path))
    named = {int(number) for number in re.findall(r'"port": (\d+)', text)}
    named |= {int(number) for number in re.findall(r'[^"\s]:(\d{2,5})"', text)}
    numbers = sorted(number for number in named if number >= 1024)
    return dict(zip(numbers, free_ports(len(numbers)), strict=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of `headers` are lower-case."""

    status: int
    headers: dict[str, str]
    body: str


class ExampleGateway:
    """Serves `example` while entered: one worker, on loopback, with admin port, state and log in `folder`."""

    def __init__(self, example: Path, folder: Path, ports: Mapping[int, int], *, consul: str = "") -> None:
        """`consul` is the address of the agent of this run, for an example that has backends in Consul."""
        self.ports = ports
        (self.admin_port,) = free_ports(1)
        self.config = folder / "config"
        self.config.mkdir()
        self.documents = self._settled(example, folder, consul)
        self._program = RunningProgram([str(WEIR), "run", "-c", str(self.config)], folder / "weir.log")

    def _settled(self, example: Path, folder: Path, consul: str) -> list[dict[str, Any]]:
        text = with_ports(json.dumps(documents_of(example)), self.ports)
        documents: list[dict[str, Any]] = json.loads(text)
        process = next((each for each in documents if each["kind"] == "Weir"), None)
        if process is None:
            process = {"apiVersion": "weir.dev/v1", "kind": "Weir", "metadata": {"name": "process"}}
            documents.append(process)
        spec = process.setdefault("spec", {})
        spec |= {"workers": 1, "stateDir": str(folder / "state"), "admin": {"port": self.admin_port}}
        spec["telemetry"] = {"accessLog": {"path": str(folder / "access.log")}}
        if consul:
            spec["consul"] = {"addresses": [consul]}
        for gateway in documents:
            if gateway["kind"] == "Gateway":
                gateway["spec"]["addresses"] = [{"type": "IPAddress", "value": "127.0.0.1"}]
        return documents

    def apply(self) -> None:
        """Write `documents` as they are now, at once."""
        fresh = self.config / ".all.new"
        fresh.write_text("\n---\n".join(map(json.dumps, self.documents)), encoding="utf-8")
        fresh.replace(self.config / "all.yaml")

    def ask(
        self,
        target: str,
        *,
        port: int = 8080,
        method: str = "GET",
        host: str = "shop.example",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; `port` is the example's."""
        return ask(self.ports.get(port, port), target, method=method, host=host, headers=headers)

    def admin(self, path: str) -> Answer:
        """One GET of the admin API."""
        return ask(self.admin_port, path, host="127.0.0.1")

    def eventually(self, holds: Callable[[], bool]) -> None:
        """Ask until it holds. Raises AssertionError with the log."""
        deadline_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline_s, self._program.log_end()
            time.sleep(POLL_S)

    def __enter__(self) -> Self:
        self.apply()
        self._program.start(self._ready, WAIT_S)
        return self

    def _ready(self) -> bool:
        try:
            return self.admin("/readyz").status == 200
        except OSError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.stop()


def ask(
    port: int, target: str, *, method: str = "GET", host: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """One request to 127.0.0.1. Raises OSError where nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, target, headers={"Host": host, **(headers or {})})
        answer = connection.getresponse()
        body = answer.read().decode()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
    finally:
        connection.close()
