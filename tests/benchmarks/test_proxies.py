"""Tests that every proxy is set up with the same features: the routes, and the headers that an origin gets to see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from benchmarks.http_client import Answer, Client
from benchmarks.placement import Cores
from benchmarks.proxies import HOST, KINDS, Proxy
from tests.benchmarks.support import QuietHandler, serving
from tests.support.programs import require_program

# A client that lies about where it comes from, and asks for its connection to be kept.
LIES = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "lies.example", "Cookie": "a=b"}
EXPECTED = {
    "host": re.escape(HOST),
    "cookie": "a=b",
    "x-forwarded-for": r"127\.0\.0\.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": re.escape(HOST),
    "forwarded": rf'for="?127\.0\.0\.1"?;host="?{re.escape(HOST)}"?;proto=http',
    "via": r"1\.1 \w+",
    "x-request-id": r"[\w-]{20,}",
}
# What some send only: Envoy adds the client's address by a name of its own, and taking it away would cost it more.
UNEQUAL = {"accept-encoding", "connection", "user-agent", "content-length", "x-envoy-external-address"}


@contextmanager
def origin(seen: list[tuple[dict[str, str], int]]) -> Iterator[int]:
    """Answers "yes", and keeps of each request its headers and the port that it came from."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 -- what http.server calls
            seen.append(({name.lower(): value for name, value in self.headers.items()}, self.client_address[1]))
            self.answer(200, b"yes")

    with serving(Handler) as port:
        yield port


@pytest.mark.parametrize("name", KINDS)
def test_proxy_routes_rewrites_and_keeps_connections_as_all_of_them(name: str, tmp_path: Path) -> None:
    if name != "weir":
        require_program(name)
    seen: list[tuple[dict[str, str], int]] = []
    with (
        origin(seen) as port,
        Proxy(KINDS[name], tmp_path / name, Cores.of_this_process().proxy, origin_port=port) as proxy,
    ):
        with closing(Client(proxy.port, HOST)) as client:
            seen.clear()
            for _ in range(5):
                assert client.get("/api/orders/42", LIES) == Answer(200, b"yes")
            assert client.get("/other").status == 404
        with closing(Client(proxy.port, "other.example")) as client:
            assert client.get("/api/orders/42").status == 404
        assert len(proxy.pids) >= 1
    headers, _ = seen[-1]
    assert {field for field in headers if field not in UNEQUAL} == set(EXPECTED)
    for field, pattern in EXPECTED.items():
        assert re.fullmatch(pattern, headers[field]), (field, headers[field])
    assert len({came_from for _, came_from in seen}) == 1
