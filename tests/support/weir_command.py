"""The `weir` command as a process: one that ends by itself, a gateway that serves, an echo service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.commands import WEIR
from tools.running import RunningProgram, free_ports

TIMEOUT_S = 60

ROUTES = """\
apiVersion: weir.dev/v1
kind: Weir
metadata: {{name: test}}
spec:
  workers: 1
  admin: {{port: {admin}{tokens}}}
  telemetry: {{accessLog: {{path: "off"}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: shop}}
spec:
  gatewayClassName: weir
  addresses: [{{type: IPAddress, value: 127.0.0.1}}]
  listeners:
  - {{name: http, port: {port}, protocol: HTTP, hostname: "*.shop.example"}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: orders, namespace: shop}}
spec:
  parentRefs: [{{name: edge}}]
  hostnames: [api.shop.example]
  rules:
  - name: read
    matches: [{{path: {{type: PathPrefix, value: /orders}}, method: GET}}]
    filters:
    - type: RequestHeaderModifier
      requestHeaderModifier: {{set: [{{name: x-a, value: "1"}}]}}
    - type: URLRewrite
      urlRewrite: {{path: {{type: ReplacePrefixMatch, replacePrefixMatch: /v2}}}}
    backendRefs:
    - {{group: weir.dev, kind: Backend, name: orders, weight: 3}}
    - {{group: weir.dev, kind: Backend, name: missing, weight: 1}}
    timeouts: {{request: 2s, backendRequest: 500ms}}
  - name: moved
    matches: [{{path: {{type: Exact, value: /old}}, headers: [{{name: x-b, value: "1"}}]}}]
    filters:
    - type: RequestRedirect
      requestRedirect: {{path: {{type: ReplaceFullPath, replaceFullPath: /new}}, statusCode: 301}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: stray, namespace: shop}}
spec:
  parentRefs: [{{name: nowhere}}]
---
apiVersion: weir.dev/v1
kind: Backend
metadata: {{name: orders, namespace: shop}}
spec:
  protocol: http1
  static:
    endpoints:
    - {{address: 127.0.0.1, port: 9001, weight: 3, zone: east, tags: {{version: v1}}}}
---
apiVersion: weir.dev/v1
kind: BackendPolicy
metadata: {{name: orders, namespace: shop}}
spec:
  targetRefs: [{{group: weir.dev, kind: Backend, name: orders}}]
  loadBalancer: {{type: LeastRequest}}
"""
"""Two rules of one route over a static backend; one reference and one parent that do not resolve."""


def write_routes(folder: Path, *, port: int = 8080, admin: int = 9901, token_file: Path | None = None) -> Path:
    """The file with `ROUTES` on these ports."""
    file = folder / "routes.yaml"
    tokens = f", tokens: [{{name: ops, file: {token_file}}}]" if token_file is not None else ""
    file.write_text(ROUTES.format(port=port, admin=admin, tokens=tokens), encoding="utf-8")
    return file


def weir(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; both outputs are kept apart."""
    return subprocess.run(
        [WEIR, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
    )


def status_of(url: str) -> int:
    """The status of a GET, 0 where nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


@contextmanager
def serving(folder: Path, *, token_file: Path | None = None) -> Iterator[tuple[str, int]]:
    """A gateway on `ROUTES`, ready: the URL of its admin API and the port that it serves."""
    port, admin = free_ports(2)
    file = write_routes(folder, port=port, admin=admin, token_file=token_file)
    program = RunningProgram([str(WEIR), "run", "-c", str(file)], folder / "weir.log")
    url = f"http://127.0.0.1:{admin}"
    try:
        program.start(lambda: status_of(f"{url}/readyz") == 200)
        yield url, port
    finally:
        program.stop()


class Echo:
    """`weir echo` on a free port; `port` is what it says that it listens on."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [WEIR, "echo", "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.first_line = self.line()
        self.port = int(self.first_line.rpartition(":")[2])

    def line(self) -> str:
        """The next line that it prints, waited for; empty when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def ask(
        self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes | None = None
    ) -> dict[str, object]:
        """What it says that it got."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, data=body, headers=dict(headers)
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            told: dict[str, object] = json.load(answer)
            return told

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def ended(self) -> tuple[int, str, str]:
        """Its exit code and the rest of what it printed, waited for."""
        out, err = self._process.communicate(timeout=TIMEOUT_S)
        return self._process.returncode, out, err

    def close(self) -> None:
        """End it where it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Echo:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def eventually(holds: object, limit_s: float = 20.0) -> None:
    """Wait until `holds()`, for what only polling can tell (another program's state)."""
    assert callable(holds)
    deadline_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come about in time"
        time.sleep(0.02)
