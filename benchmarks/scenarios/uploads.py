"""Request bodies: one with a length, and one in chunks whose answer comes in chunks as well."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answer_check import WrongAnswer, check_load
from benchmarks.bench import Bench
from benchmarks.comparison import CONNECTIONS
from benchmarks.proxies import HOST
from benchmarks.results import Finding
from benchmarks.scenarios.body_origin import (
    CHUNKED_PATH,
    KEPT_PATH,
    UPLOAD_PATH,
    body_origin,
    bytes_of,
    received,
)
from benchmarks.scenarios.one_route import found
from benchmarks.wrk import SCRIPT, Load, LoadReport, run_wrk

BODY_BYTES = 64 * 1024
# Chunks of what a program writes at once, 8 to a body.
CHUNK_BYTES = 8 * 1024
CHECKS = 50
TIMEOUT_S = 20.0
# wrk makes the request once, by `wrk.format`; a function per request would slow it.
LUA = """\
{summary}
local file = io.open({file}, "rb")
local request = file:read("*a")
file:close()
wrk.format = function() return request end
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """POST of one body. `chunked` says whether it goes in chunks, to where the answer is `answer` in chunks."""

    folder: Path
    path: str
    body: bytes
    answer: bytes
    chunked: bool

    def check(self, port: int) -> None:
        """Answers, and a body that is kept and fetched again. Raises WrongAnswer."""
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)) as connection:
            try:
                for _ in range(CHECKS):
                    answer, body = self._exchange(connection, "POST", self.path)
                    expect(answer.status, (200,), body, self.answer)
                    if self.chunked and answer.getheader("x-received") != str(len(self.body)):
                        raise WrongAnswer(f"the origin received {answer.getheader('x-received')} bytes")
                # A file of its own, as proxies take turns.
                kept = f"{KEPT_PATH}/{port}.bin"
                answer, body = self._exchange(connection, "PUT", kept)
                expect(answer.status, (201, 204), body, body)
                connection.request("GET", kept, headers={"Host": HOST})
                answer = connection.getresponse()
                expect(answer.status, (200,), answer.read(), self.body)
            except (OSError, http.client.HTTPException) as error:
                raise WrongAnswer(f"no answer: {error!r}") from None

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        body = iter(list(chunks(self.body))) if self.chunked else self.body
        connection.request(method, path, body, {"Host": HOST}, encode_chunked=self.chunked)
        answer = connection.getresponse()
        return answer, answer.read()

    def load(self, port: int, duration_s: float, cores: frozenset[int]) -> LoadReport:
        """Load by wrk. Raises WrongAnswer, LoadFailed."""
        request = self.folder / f"{self.path.rpartition('/')[2]}.request"
        script = request.with_suffix(".lua")
        request.write_bytes(request_bytes(self.path, self.body, chunked=self.chunked))
        summary = SCRIPT.read_text(encoding="utf-8")
        script.write_text(LUA.format(summary=summary, file=json.dumps(str(request))), encoding="utf-8")
        report = run_wrk(Load(port, self.path, [], CONNECTIONS, duration_s, script), cores)
        check_load(report, len(self.answer))
        return report


def expect(status: int, statuses: tuple[int, ...], body: bytes, expected: bytes) -> None:
    """Raises WrongAnswer where status or body is another."""
    if status not in statuses or body != expected:
        raise WrongAnswer(f"{status} with {body[:80]!r}, {len(body)} bytes")


def chunks(body: bytes) -> Iterator[bytes]:
    """The body in pieces."""
    for begin in range(0, len(body), CHUNK_BYTES):
        yield body[begin : begin + CHUNK_BYTES]


def request_bytes(path: str, body: bytes, *, chunked: bool) -> bytes:
    """The whole request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/octet-stream\r\n"
    if not chunked:
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    parts = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks(body))
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + parts + b"0\r\n\r\n"


class Post:
    """A body that fits no single segment, read whole by the origin, which answers in a few bytes."""

    name = "post-64k"
    what = "POST of 64 KiB with a length over 64 kept connections, a short answer"

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        body = bytes_of(BODY_BYTES)
        with body_origin(bench.folder, bench.cores) as origin:
            task = Upload(bench.folder, UPLOAD_PATH, body, received(len(body)), chunked=False)
            return found(self.name, self.what, bench, origin, task)


class Chunked:
    """Nobody knows a length beforehand, as with what programs write while they make it."""

    name = "chunked"
    what = "POST of 64 KiB in 8 chunks over 64 kept connections, answered by 64 KiB in chunks"

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        body, answer = bytes_of(BODY_BYTES), bytes_of(BODY_BYTES + 1)
        with body_origin(bench.folder, bench.cores, chunked=answer) as origin:
            return found(
                self.name, self.what, bench, origin, Upload(bench.folder, CHUNKED_PATH, body, answer, chunked=True)
            )
