"""The project's goals of speed, row by row, and what a run says of each: won, lost, or not measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from benchmarks.results import Finding, Goal


class State(Enum):
    """What became of a row."""

    WON = "won"
    LOST = "LOST"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `scenarios` are patterns of the names that measure it, `goals` words of its own among their goals.

    There must be a goal with each of the words, or the row is not measured; those with words of `further` count where
    they are. Without words all goals are its own.
    """

    what: str
    goal: str
    scenarios: tuple[str, ...]
    goals: tuple[str, ...] = ()
    further: tuple[str, ...] = ()

    def measured_by(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """Those of its scenarios that ran."""
        for finding in findings:
            if any(fnmatchcase(finding.scenario, pattern) for pattern in self.scenarios):
                yield finding


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row and what was found. `wrong` says what Weir answered wrongly where it did: such a row is lost."""

    row: Row
    goals: tuple[Goal, ...]
    wrong: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """Won where there is all that it asks for, all of that was met, and every answer was right."""
        if self.wrong or not all(goal.met for goal in self.goals):
            return State.LOST
        complete = all(any(words in goal.text for goal in self.goals) for words in self.row.goals)
        return State.WON if self.goals and complete else State.NOT_MEASURED


ROWS = (
    Row(
        "HTTP/1.1 keep-alive, small, with a host and path route, forwarded headers, metrics and counters on",
        "CPU per request at most that of the better of nginx and HAProxy; under half of Envoy's",
        ("keepalive-small",),
        ("nginx", "envoy"),
    ),
    Row(
        "the same with a typical policy set",
        "at most 0.5 of Envoy with the same features on",
        ("polic*", "typical*"),
        ("envoy",),
    ),
    Row(
        "browser-like request (12 headers, cookies, 1 KiB head), 16 KiB answer",
        "as the first row",
        ("browser",),
        ("nginx", "envoy"),
    ),
    Row(
        "10, 1,000, 10,000 routes with hosts, paths, headers, methods",
        "at most 1.1 times the one-route cost at 10,000",
        ("routes-10000", "route-kinds"),
        ("against one",),
    ),
    Row("HTTP/2 and gRPC unary through the gateway", "CPU per request at most Envoy's", ("h2*", "http2*", "grpc*")),
    Row(
        "TLS 1.3: keep-alive request; new handshakes",
        "at most 1.2 times nginx; handshakes at least 0.9 of nginx's rate",
        ("tls*",),
    ),
    Row("TCP relay of large streams", "CPU seconds per GB at most 0.85 of HAProxy's with splice", ("tcp*", "relay*")),
    Row("10,000 idle keep-alive connections", "memory at most 4 KiB each over the process's base", ("idle-*",)),
    Row(
        "WebSocket and SSE: 5,000 open, each a message a second",
        "no loss, p99 added latency under 5 ms",
        ("websocket*", "sse*", "streams*"),
    ),
    Row("DNS, answers from the mesh's names", "at most 0.7 of dnsmasq's and unbound's CPU per query", ("dns*",)),
    Row("cache hit of 16 KiB", "CPU per request at most nginx's proxy_cache hit", ("cache*",)),
    Row(
        "reload of 10,000 routes and 10,000 endpoints",
        "under 1 s until in force, p99 of traffic meanwhile under 2 times its quiet value, nothing dropped",
        ("reload*",),
    ),
    Row("an endpoint change in Consul until traffic follows", "p99 under 100 ms", ("endpoint-change",)),
    Row(
        "two workers against one",
        "at least 1.8 times the requests on two free cores",
        ("workers",),
        ("with two workers against one",),
        # Only where there are two cores beside those of the load.
        ("of one worker against those of two",),
    ),
    Row("start until the first request is served", "under 1 s with 1,000 routes", ("start*",)),
    Row("latency at a fixed rate, each at half of its own limit", "p99 no worse than nginx's", ("open-loop*",)),
)


def outcomes(findings: Sequence[Finding]) -> list[Outcome]:
    """Every row with what the findings say of it, in order."""
    found: list[Outcome] = []
    for row in ROWS:
        goals: list[Goal] = []
        wrong: list[str] = []
        for finding in row.measured_by(findings):
            goals += [goal for goal in finding.goals if _is_of(row, goal)]
            for subject, reasons in finding.wrong.items():
                if subject.partition(", ")[0] == "weir":
                    wrong += [f"{finding.scenario}: {reason}" for reason in reasons]
        found.append(Outcome(row, tuple(goals), tuple(wrong)))
    return found


def _is_of(row: Row, goal: Goal) -> bool:
    return not row.goals or any(words in goal.text for words in (*row.goals, *row.further))
