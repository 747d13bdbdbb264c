"""Large answers: what a byte costs, where the head no longer counts."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.comparison import series_of, wrong_of
from benchmarks.placement import pinned
from benchmarks.proxies import HOST
from benchmarks.results import Finding, Measure, Series
from benchmarks.scenarios.body_origin import LARGE_PATH, body_origin, bytes_of
from benchmarks.scenarios.keepalive_small import doubts, equals_goal
from benchmarks.scenarios.one_route import records_of
from benchmarks.scenarios.receiver import receive_for
from benchmarks.wrk import LoadReport

CHECKS = 2
TIMEOUT_S = 60.0
REQUEST = f"GET {LARGE_PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
# Of a comparison of bytes; what a request costs says nothing beyond it.
SHOWN = (Measure.BUSY, Measure.P50_MS, Measure.P99_MS, Measure.PEAK_MIB)


@dataclass(frozen=True, slots=True)
class Fetch:
    """GET of a large answer over some connections at a time."""

    body_bytes: int
    digest: str
    connections: int

    def check(self, port: int) -> None:
        """Every byte of some answers. Raises WrongAnswer."""
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)) as connection:
            for _ in range(CHECKS):
                try:
                    connection.request("GET", LARGE_PATH, headers={"Host": HOST})
                    answer = connection.getresponse()
                    found = hashlib.file_digest(answer, "sha256").hexdigest()
                except (OSError, http.client.HTTPException) as error:
                    raise WrongAnswer(f"no answer: {error!r}") from None
                if answer.status != 200 or found != self.digest:
                    raise WrongAnswer(f"{answer.status} with other bytes than the origin's")

    def load(self, port: int, duration_s: float, cores: frozenset[int]) -> LoadReport:
        """Load by this process. Raises WrongAnswer, LoadFailed."""
        with pinned(cores):
            return receive_for(port, REQUEST, self.body_bytes, self.connections, duration_s)


@dataclass(frozen=True, slots=True)
class LargeAnswers:
    """Answers of one size."""

    name: str
    body_bytes: int
    connections: int

    @property
    def what(self) -> str:
        """By the size."""
        return f"answers of {self.body_bytes >> 20} MiB over {self.connections} kept connections"

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        body = bytes_of(self.body_bytes)
        task = Fetch(self.body_bytes, hashlib.sha256(body).hexdigest(), self.connections)
        with body_origin(bench.folder, bench.cores, large=body) as origin:
            records = records_of(bench, origin, task)
        series = series_of(records)
        return Finding(
            scenario=self.name,
            what=self.what,
            series=tuple(per_gb(series, self.body_bytes)),
            goals=tuple(equals_goal(series)),
            wrong=wrong_of(records),
            doubts=tuple(doubts(series)),
        )


def per_gb(series: Sequence[Series], body_bytes: int) -> Iterator[Series]:
    """CPU seconds per 10^9 bytes in place of CPU microseconds per request, with what else is worth showing."""
    for each in series:
        if each.measure is Measure.CPU_US:
            values = tuple(value * 1e3 / body_bytes for value in each.values)
            yield Series(subject=each.subject, measure=Measure.CPU_S_PER_GB, values=values)
        elif each.measure in SHOWN:
            yield each
