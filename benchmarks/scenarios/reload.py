"""How long an edit of a large configuration takes to be in force, and what traffic feels meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import open_loop
from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.comparison import CONNECTIONS
from benchmarks.figures import Spread, percentile, round_ratios
from benchmarks.http_client import Client
from benchmarks.open_loop import OpenLoopReport
from benchmarks.origin import Origin
from benchmarks.placement import pinned
from benchmarks.proxies import HOST, PROBE_PATH, Kind, Proxy, weir_command
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.wrk import LoadFailed

KIND = Kind("weir", "peers/weir-reload.yaml", weir_command)
# Gateway API's bound of rules per HTTPRoute.
RULES_PER_ROUTE = 16
ENDPOINTS_PER_BACKEND = 100
TIMEOUT_S = 180.0
LIMIT_S = 1.0
# Load that leaves most of the core free: what is measured is the reload, not a queue.
RATE_PER_S = 2_000.0
LEAST_LOAD_S = 0.5
LIMIT_P99_RATIO = 2.0
MARKER = "backendRefs: [{group: weir.dev, kind: Backend, name: endpoint-%d}]"
FIRST = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: marker, namespace: bench}}
spec:
  parentRefs: [{{name: edge}}]
  hostnames: [{host}]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: /api}}}}]
    {marker}
"""


class Reload:
    """The edited route decides which of two endpoints answers, so traffic itself shows when the edit is in force."""

    name = "reload"
    what = (
        "an edit among 10,000 routes and 10,000 endpoints, from the file's rename until traffic follows; "
        f"with one client, and with {RATE_PER_S:,.0f} requests/s at a fixed rate beside it"
    )

    def run(self, bench: Bench) -> Finding:
        """Only Weir: the peers reload by new processes, whose old ones serve on for as long as clients like."""
        found = Reloads()
        bench.progress.expect(1 + 4 * bench.effort.reloads)
        try:
            _reload(bench, found)
        except (WrongAnswer, LoadFailed) as error:
            return Finding(scenario=self.name, what=self.what, series=(), goals=(), wrong={"weir": (str(error),)})
        return Finding(scenario=self.name, what=self.what, series=tuple(found.series()), goals=tuple(found.goals()))


@dataclass(slots=True)
class Reloads:
    """What was found, a value per reload: seconds until in force, and latencies of one client and under load."""

    reload_s: list[float] = field(default_factory=list)
    loaded_reload_s: list[float] = field(default_factory=list)
    quiet_ms: list[float] = field(default_factory=list)
    busy_ms: list[float] = field(default_factory=list)
    worst_ms: list[float] = field(default_factory=list)
    quiet_load: list[OpenLoopReport] = field(default_factory=list)
    busy_load: list[OpenLoopReport] = field(default_factory=list)

    def series(self) -> Iterator[Series]:
        """As rows, of one client first."""
        yield Series(subject="weir", measure=Measure.RELOAD_S, values=tuple(self.reload_s))
        yield Series(subject="weir, quiet", measure=Measure.P99_MS, values=tuple(self.quiet_ms))
        yield Series(subject="weir, while it reloads", measure=Measure.P99_MS, values=tuple(self.busy_ms))
        yield Series(subject="weir, while it reloads", measure=Measure.MAX_MS, values=tuple(self.worst_ms))
        yield Series(
            subject="weir, under load, while it reloads",
            measure=Measure.RELOAD_S,
            values=tuple(self.loaded_reload_s),
        )
        for subject, reports in (
            ("weir, under load, quiet", self.quiet_load),
            ("weir, under load, while it reloads", self.busy_load),
        ):
            for measure, values in (
                (Measure.P50_MS, [report.p50_ms for report in reports]),
                (Measure.P99_MS, [report.p99_ms for report in reports]),
                (Measure.P999_MS, [report.p999_ms for report in reports]),
                (Measure.MAX_MS, [report.max_ms for report in reports]),
            ):
                yield Series(subject=subject, measure=measure, values=tuple(values))

    def goals(self) -> Iterator[Goal]:
        """Those of PERFORMANCE; the ratio of one client and that under load."""
        loaded = round_ratios(
            [report.p99_ms for report in self.busy_load], [report.p99_ms for report in self.quiet_load]
        )
        alone = round_ratios(self.busy_ms, self.quiet_ms)
        for text, rounds, limit in (
            ("seconds until in force", self.reload_s, LIMIT_S),
            ("p99 while it reloads against its quiet value", alone, LIMIT_P99_RATIO),
            ("p99 under load while it reloads against its quiet value", loaded, LIMIT_P99_RATIO),
        ):
            yield Goal(text=text, found=Spread.of(rounds).median, limit=limit, rounds=tuple(rounds))


def _reload(bench: Bench, found: Reloads) -> None:
    with ExitStack() as parts:
        origin = parts.enter_context(Origin(bench.folder, bench.cores.load, endpoints=2))
        bench.progress.step(f"weir starts with {bench.effort.routes:,} routes")
        routes = FIRST.format(host=HOST, marker=MARKER % 0) + "".join(many(bench.effort.routes, origin.ports))
        proxy = parts.enter_context(Proxy(KIND, bench.folder / "weir", bench.cores.proxy, routes=routes))
        check_last_route(proxy.port, bench.effort.routes)
        client = parts.enter_context(closing(Client(proxy.port, HOST)))
        parts.enter_context(pinned(bench.cores.load))
        for number in range(bench.effort.reloads):
            bench.progress.step(f"quiet {number + 1}")
            quiet = quiet_latencies_ms(client, 0, bench.effort.seconds)
            bench.progress.step(f"reload {number + 1}")
            busy, took_s = _edited(client, proxy, 0, 1)
            found.reload_s.append(took_s)
            found.quiet_ms.append(percentile(quiet, 0.99))
            found.busy_ms.append(percentile(busy, 0.99))
            found.worst_ms.append(max(busy))
            # The load lasts as long as the reload before: a longer one would hide what the reload does in quiet time.
            seconds = max(took_s, LEAST_LOAD_S)
            bench.progress.step(f"quiet under load {number + 1}")
            found.quiet_load.append(checked_load(load(bench, proxy.port, seconds)))
            bench.progress.step(f"reload under load {number + 1}")
            with ThreadPoolExecutor(max_workers=1) as beside:
                running = beside.submit(load, bench, proxy.port, seconds)
                _, loaded_s = _edited(client, proxy, 1, 0)
                found.busy_load.append(checked_load(running.result()))
            found.loaded_reload_s.append(loaded_s)


def _edited(client: Client, proxy: Proxy, before: int, after: int) -> tuple[list[float], float]:
    """Edit the file, from one endpoint to the other: latencies until it is in force, and the seconds of that."""
    edit(proxy.file, MARKER % before, MARKER % after)
    began_s = time.monotonic()
    latencies = reload_latencies_ms(client, before, after)
    return latencies, time.monotonic() - began_s


def load(bench: Bench, port: int, seconds: float) -> OpenLoopReport:
    """Requests at the fixed rate, whichever endpoint answers. Raises LoadFailed."""
    url = f"http://127.0.0.1:{port}{PROBE_PATH}"
    headers = [f"Host: {HOST}"]
    return open_loop.run(url, RATE_PER_S, seconds, CONNECTIONS, headers=headers, cores=bench.cores.load)


def checked_load(report: OpenLoopReport) -> OpenLoopReport:
    """The same report. Raises WrongAnswer where something was dropped or failed."""
    if report.errors:
        raise WrongAnswer(f"{report.errors} of {report.requests} requests had no right answer around a reload")
    return report


def check_last_route(port: int, count: int) -> None:
    """Raises WrongAnswer where the last of the many routes is not in force: nobody listens behind it, so 502 or 503."""
    route = (count - 1) // RULES_PER_ROUTE * RULES_PER_ROUTE
    with closing(Client(port, f"host-{route % 100}.example")) as client:
        answer = client.get(path_of(count - 1))
    if answer.status not in {502, 503}:
        raise WrongAnswer(f"the last of {count:,} routes answers {answer.status}")


def path_of(number: int) -> str:
    """The path prefix of a route, its own."""
    return f"/area-{number % 97}/{number}"


def quiet_latencies_ms(client: Client, endpoint: int, duration_s: float) -> list[float]:
    """Latencies of requests one after the other for so long. Raises WrongAnswer where another endpoint answers."""
    found: list[float] = []
    end_s = time.monotonic() + duration_s
    while time.monotonic() < end_s:
        latency_ms, _ = _ask(client, (endpoint,))
        found.append(latency_ms)
    return found


def reload_latencies_ms(client: Client, before: int, after: int) -> list[float]:
    """Latencies of requests one after the other until the endpoint `after` answers, and `before` until then.

    Raises WrongAnswer where neither answers, or the change does not come.
    """
    found: list[float] = []
    end_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end_s:
        latency_ms, answered_by = _ask(client, (before, after))
        found.append(latency_ms)
        if answered_by == after:
            return found
    raise WrongAnswer(f"an edit was not in force after {TIMEOUT_S:g} s")


def _ask(client: Client, allowed: tuple[int, ...]) -> tuple[float, int]:
    began_s = time.monotonic()
    answer = client.get(PROBE_PATH)
    latency_ms = (time.monotonic() - began_s) * 1e3
    for endpoint in allowed:
        if answer.status == 200 and answer.body == Origin.small_body(endpoint):
            return latency_ms, endpoint
    raise WrongAnswer(f"{answer.status} with {answer.body[:80]!r} around a reload")


def edit(file: Path, old: str, new: str) -> None:
    """Replace the one `old` in the file, by a rename over it. Raises ValueError where it is not there once."""
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{old!r} must be in the file once")
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(text.replace(old, new), encoding="utf-8")
    partial.replace(file)


def many(count: int, ports: list[int]) -> Iterator[str]:
    """YAML of `count` rules, each with a path of its own, and as many endpoints that nobody asks.

    Two backends `endpoint-0` and `endpoint-1` have the given ports; the rest are addresses of the loopback network.
    """
    for index, port in enumerate(ports):
        yield backend(f"endpoint-{index}", [f"{{address: 127.0.0.1, port: {port}}}"])
    backends = max(1, count // ENDPOINTS_PER_BACKEND)
    for index in range(backends):
        numbers = range(index * ENDPOINTS_PER_BACKEND, (index + 1) * ENDPOINTS_PER_BACKEND)
        yield backend(
            f"unasked-{index}", [f"{{address: 127.9.{each >> 8}.{each & 255}, port: 9000}}" for each in numbers]
        )
    for begin in range(0, count, RULES_PER_ROUTE):
        lines = [
            "---",
            "apiVersion: gateway.networking.k8s.io/v1",
            "kind: HTTPRoute",
            f"metadata: {{name: route-{begin}, namespace: bench}}",
            "spec:",
            "  parentRefs: [{name: edge}]",
            f"  hostnames: [host-{begin % 100}.example]",
            "  rules:",
        ]
        for number in range(begin, min(begin + RULES_PER_ROUTE, count)):
            lines.append(f"  - matches: [{{path: {{type: PathPrefix, value: {path_of(number)}}}}}]")
            lines.append(f"    backendRefs: [{{group: weir.dev, kind: Backend, name: unasked-{number % backends}}}]")
        yield "\n".join(lines) + "\n"


def backend(name: str, endpoints: list[str]) -> str:
    """YAML of one static backend."""
    return (
        "---\napiVersion: weir.dev/v1\nkind: Backend\n"
        f"metadata: {{name: {name}, namespace: bench}}\n"
        "spec:\n  protocol: http1\n  static:\n    endpoints:\n"
        + "".join(f"    - {endpoint}\n" for endpoint in endpoints)
    )
