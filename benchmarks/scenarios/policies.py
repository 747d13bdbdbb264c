"""What the usual policies of a route cost, all of them on, at every proxy the same."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.answer_check import CONNECTIONS as CHECK_CONNECTIONS
from benchmarks.answer_check import REQUESTS_PER_CONNECTION, WrongAnswer
from benchmarks.bench import Bench
from benchmarks.comparison import Entry, Traffic, contest, series_of, wrong_of
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.proxies import HOST
from benchmarks.results import Finding, Goal, Measure, Series, ratio_goal
from benchmarks.scenarios.keepalive_small import ENVOY_LIMIT, doubts
from benchmarks.scenarios.route_sets import API, PROBE
from benchmarks.scenarios.routes import MOST_SECONDS, subject, times_base
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.policies import ADDED, HIDDEN, REMOVED, REWRITTEN_TO, SET
from benchmarks.setups.proxies import places
from benchmarks.setups.setup import Setup
from benchmarks.wrk import LoadReport

NONE = "no policies"
# The origin says what it was asked, so that an answer shows whether the request's policies were carried out.
LOCATION = f"""\
        location {REWRITTEN_TO}/ {{
            add_header {HIDDEN} s3cret;
            return 200 "$uri|$http_{SET[0].replace("-", "_")}|$http_{REMOVED.replace("-", "_")}|................";
        }}"""
TRAFFIC = Traffic(
    "/api/orders/42",
    {SET[0]: "forged", REMOVED: "1"},
    Answer(200, f"{REWRITTEN_TO}/orders/42|{SET[1]}||................".encode()),
)


@dataclass(frozen=True, slots=True)
class PolicyTraffic:
    """Requests whose answers show every policy, but the log and those for failures."""

    traffic: Traffic = TRAFFIC

    def check(self, port: int) -> None:
        """Bodies by the hundred, and the headers of one answer. Raises WrongAnswer."""
        self.traffic.check(port)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", self.traffic.path, headers={"Host": HOST, **self.traffic.headers})
            check_headers(dict(connection.getresponse().getheaders()))

    def load(self, port: int, duration_s: float, cores: frozenset[int]) -> LoadReport:
        """Load by wrk. Raises WrongAnswer, LoadFailed."""
        return self.traffic.load(port, duration_s, cores)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises WrongAnswer where what is to be added is not there, or what is to be hidden is."""
    found = {name.lower(): value for name, value in headers.items()}
    if found.get(ADDED[0]) != ADDED[1]:
        raise WrongAnswer(f"{ADDED[0]} is {found.get(ADDED[0])!r}, not {ADDED[1]!r}")
    if HIDDEN in found:
        raise WrongAnswer(f"{HIDDEN} was passed on")


class Policies:
    """As far as Weir has them by now, and all peers do."""

    name = "policies"
    what = (
        "1,000 networks refused, a limit by address, a breaker or outlier detection, a tag (Weir alone), headers "
        "edited both ways, prefix rewritten, retries and timeouts armed, access log, beside none of it; "
        "64 kept connections, 60-byte answers"
    )

    def run(self, bench: Bench) -> Finding:
        """Every proxy with the policies, and without."""
        short = replace(bench, effort=replace(bench.effort, seconds=min(bench.effort.seconds, MOST_SECONDS)))
        names = ("weir", *bench.peers)
        with Origin(bench.folder, bench.cores.load, locations=LOCATION) as origin:
            records = contest(short, list(_entries(short, names, origin.ports[0])))
        for name in names:
            try:
                check_log(bench.folder, name)
            except WrongAnswer as error:
                records[name].wrong.append(str(error))
        series = series_of(records)
        return Finding(
            scenario=self.name,
            what=self.what,
            series=(*series, *times_base(series, names, [""], NONE)),
            goals=tuple(_goals(series)),
            wrong=wrong_of(records),
            doubts=tuple(doubts(series)),
        )


def _entries(bench: Bench, names: tuple[str, ...], origin_port: int) -> Iterator[Entry]:
    plain = Traffic(TRAFFIC.path, TRAFFIC.headers, Answer(200, Origin.small_body(0)))
    for name in names:
        yield setup_entry(bench, name, name, Setup(API, (origin_port,), policies=True), PolicyTraffic(), PROBE)
    for name in names:
        yield setup_entry(bench, subject(name, NONE), name, Setup(API, (origin_port,)), plain, PROBE)


def _goals(series: tuple[Series, ...]) -> Iterator[Goal]:
    if {"weir", "envoy"} <= {each.subject for each in series}:
        text = "CPU per request with the usual policies against envoy"
        yield ratio_goal(text, series, Measure.CPU_US, ["envoy"], limit=ENVOY_LIMIT)


def check_log(folder: Path, name: str) -> None:
    """Raises WrongAnswer where the proxy's access log has fewer lines than the checks alone made requests.

    HAProxy writes its log to standard output, which goes to the file of all that it says.
    """
    place, beside = places(folder, name)
    file = place / "log" if name == "haproxy" else beside / "access.log"
    lines = 0
    if file.exists():
        with file.open("rb") as log:
            lines = sum(b"/orders/42" in line for line in log)
    if lines < CHECK_CONNECTIONS * REQUESTS_PER_CONNECTION:
        raise WrongAnswer(f"its access log has {lines} lines about requests")
