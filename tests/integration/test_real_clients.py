"""Clients that others wrote: curl in its several ways, and a burst of h2load."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.bulk import BulkEndpoint
from tests.support.commands import WEIR
from tests.support.fleet import FleetEndpoint
from tests.support.programs import require_program
from tests.support.supervised import get
from tests.support.weir_process import WeirProcess, route_to, static_backend
from tools.running import RunningProgram, free_ports

BURST_REQUESTS = 20_000
TIMED_OUT = 28
"""curl's exit code for `--max-time`."""


@dataclass(frozen=True, slots=True)
class Done:
    """What curl printed: the answer with its heads, what it wrote about the transfer, and its exit code."""

    code: int
    head: str
    body: bytes
    told: dict[str, Any]

    @property
    def echo(self) -> dict[str, Any]:
        """What the endpoint had been sent."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


class Curl:
    """curl on one gateway."""

    def __init__(self, weir: WeirProcess, folder: Path) -> None:
        self._curl = require_program("curl")
        self._folder = folder
        self.weir = weir

    def __call__(self, *arguments: str, path: str = "/some/path?a=b", stdin: bytes = b"") -> Done:
        head, body = self._folder / "head", self._folder / "body"
        head.write_bytes(b"")
        body.write_bytes(b"")
        command = [self._curl, "-q", "-sS", "-D", head, "-o", body, "-w", "%{json}\n", "--noproxy", "*", *arguments]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{self.weir.port}{path}"], input=stdin, capture_output=True, timeout=30
        )
        told = json.loads(done.stdout.splitlines()[-1])
        return Done(done.returncode, head.read_bytes().decode(), body.read_bytes(), told)


@pytest.fixture(scope="module")
def weir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeirProcess]:
    """Before a `weir echo`."""
    folder = tmp_path_factory.mktemp("weir")
    (port,) = free_ports(1)
    echo = RunningProgram([str(WEIR), "echo", "--port", str(port), "--name", "echo"], folder / "echo.log")
    echo.start(lambda: get(port)[0] == 200)
    try:
        with WeirProcess(folder, static_backend("echo", port), route_to("echo"), workers=2) as weir:
            yield weir
    finally:
        echo.stop()


@pytest.fixture
def curl(weir: WeirProcess, tmp_path: Path) -> Curl:
    return Curl(weir, tmp_path)


def test_curl_gets(curl: Curl) -> None:
    done = curl()
    assert (done.code, done.told["http_code"], done.told["http_version"]) == (0, 200, "1.1")
    assert (done.echo["method"], done.echo["path"], done.echo["query"]) == ("GET", "/some/path", "a=b")
    assert done.echo["headers"]["via"] == "1.1 weir"


def test_curl_of_http_1_0_gets_an_answer_that_ends(curl: Curl) -> None:
    done = curl("--http1.0")
    assert (done.code, done.told["http_code"]) == (0, 200)
    assert done.echo["name"] == "echo"
    assert "transfer-encoding" not in done.head.lower()


def test_curl_sends_several_requests_on_one_connection(curl: Curl) -> None:
    url = f"http://127.0.0.1:{curl.weir.port}/again"
    before = curl.weir.metric("weir_downstream_connections_total")
    done = curl(*["-o", "/dev/null", url] * 4)
    assert (done.code, done.told["num_connects"]) == (0, 0)
    assert curl.weir.metric("weir_downstream_connections_total") == before + 1


def test_curl_asks_for_the_head_alone(curl: Curl) -> None:
    done = curl("--head")
    assert (done.code, done.told["http_code"], done.told["size_download"]) == (0, 200, 0)
    assert "content-length:" in done.head.lower()


def test_curl_posts_a_form(curl: Curl) -> None:
    done = curl("--data", "a=1&b=2")
    assert (done.echo["method"], done.echo["bodyBytes"]) == ("POST", 7)
    assert done.echo["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_curl_waits_for_100_continue_and_gets_it(curl: Curl) -> None:
    done = curl("--header", "Expect: 100-continue", "--data-binary", "@-", stdin=b"x" * (2 << 20))
    assert done.head.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert done.echo["bodyBytes"] == 2 << 20


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_curl_uploads_in_chunks(curl: Curl, size: int) -> None:
    done = curl("--upload-file", "-", "--header", "Expect:", stdin=b"x" * size)
    assert (done.told["http_code"], done.echo["method"], done.echo["bodyBytes"]) == (200, "PUT", size)
    assert done.echo["headers"]["transfer-encoding"] == "chunked"


def test_curl_asks_about_the_server_as_a_whole(curl: Curl) -> None:
    done = curl("--request", "OPTIONS", "--request-target", "*", path="/")
    assert (done.told["http_code"], done.echo["method"], done.echo["path"]) == (200, "OPTIONS", "*")


def test_curl_offers_http_2_and_goes_on_with_http_1_1(curl: Curl) -> None:
    done = curl("--http2")
    assert (done.code, done.told["http_code"], done.told["http_version"]) == (0, 200, "1.1")


def test_curl_gives_up_in_mid_answer_and_the_endpoint_is_let_go(tmp_path: Path) -> None:
    with (
        BulkEndpoint() as endpoint,
        WeirProcess(tmp_path, static_backend("bulk", endpoint.port), route_to("bulk")) as weir,
    ):
        done = Curl(weir, tmp_path)("--max-time", "0.5", "--limit-rate", "1M", path=f"/download/{1 << 30}")
        assert (done.code, done.told["http_code"]) == (TIMED_OUT, 200)
        weir.wait_until(lambda: weir.metric("weir_client_gone_total") == 1)
        weir.wait_until(lambda: weir.metric("weir_upstream_connections_active") == 0)


@pytest.mark.parametrize("pipelined", [1, 8])
async def test_a_burst_of_h2load_over_http_1_1_is_answered_whole(tmp_path: Path, pipelined: int) -> None:
    h2load = require_program("h2load")
    async with FleetEndpoint("echo") as endpoint:
        with WeirProcess(tmp_path, static_backend("echo", endpoint.port), route_to("echo"), workers=2) as weir:
            process = await asyncio.create_subprocess_exec(
                *(h2load, "--h1", f"-n{BURST_REQUESTS}", "-c50", f"-m{pipelined}"),
                f"http://127.0.0.1:{weir.port}/burst",
                stdout=asyncio.subprocess.PIPE,
            )
            printed = (await process.communicate())[0].decode()
            assert process.returncode == 0
            succeeded = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", printed)
            assert succeeded is not None, printed
            assert [int(number) for number in succeeded.groups()] == [BURST_REQUESTS, 0, 0, 0]
            assert f"status codes: {BURST_REQUESTS} 2xx, 0 3xx, 0 4xx, 0 5xx" in printed
            assert await asyncio.to_thread(weir.metric, "weir_requests_total", code="2xx") == BURST_REQUESTS
