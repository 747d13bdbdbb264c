"""How long an edit of a large configuration takes to be in force, and what traffic feels meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.answer_check import WrongAnswer
from benchmarks.bench import Bench
from benchmarks.figures import Spread, percentile, round_ratios
from benchmarks.http_client import Client
from benchmarks.origin import Origin
from benchmarks.placement import pinned
from benchmarks.proxies import HOST, PROBE_PATH, Kind, Proxy, weir_command
from benchmarks.results import Finding, Goal, Measure, Series

KIND = Kind("weir", "peers/weir-reload.yaml", weir_command)
# Gateway API's bound of rules per HTTPRoute.
RULES_PER_ROUTE = 16
ENDPOINTS_PER_BACKEND = 100
TIMEOUT_S = 180.0
LIMIT_S = 1.0
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
    what = "an edit among 10,000 routes and 10,000 endpoints, from the file's rename until traffic follows"

    def run(self, bench: Bench) -> Finding:
        """Only Weir: the peers reload by new processes, whose old ones serve on for as long as clients like."""
        try:
            reload_s, quiet_ms, busy_ms, worst_ms = _reload(bench)
        except WrongAnswer as error:
            return Finding(scenario=self.name, what=self.what, series=(), goals=(), wrong={"weir": (str(error),)})
        series = (
            Series(subject="weir", measure=Measure.RELOAD_S, values=tuple(reload_s)),
            Series(subject="weir, quiet", measure=Measure.P99_MS, values=tuple(quiet_ms)),
            Series(subject="weir, while it reloads", measure=Measure.P99_MS, values=tuple(busy_ms)),
            Series(subject="weir, while it reloads", measure=Measure.MAX_MS, values=tuple(worst_ms)),
        )
        goals = (
            Goal(text="seconds until in force", found=Spread.of(reload_s).median, limit=LIMIT_S),
            Goal(
                text="p99 while it reloads against its quiet value",
                found=Spread.of(round_ratios(busy_ms, quiet_ms)).median,
                limit=LIMIT_P99_RATIO,
            ),
        )
        return Finding(scenario=self.name, what=self.what, series=series, goals=goals)


def _reload(bench: Bench) -> tuple[list[float], list[float], list[float], list[float]]:
    reload_s: list[float] = []
    quiet_ms: list[float] = []
    busy_ms: list[float] = []
    worst_ms: list[float] = []
    with ExitStack() as parts:
        origin = parts.enter_context(Origin(bench.folder, bench.cores.load, endpoints=2))
        bench.progress.step(f"weir starts with {bench.effort.routes:,} routes")
        routes = FIRST.format(host=HOST, marker=MARKER % 0) + "".join(many(bench.effort.routes, origin.ports))
        proxy = parts.enter_context(Proxy(KIND, bench.folder / "weir", bench.cores.proxy, routes=routes))
        check_last_route(proxy.port, bench.effort.routes)
        client = parts.enter_context(closing(Client(proxy.port, HOST)))
        parts.enter_context(pinned(bench.cores.load))
        for number in range(bench.effort.reloads):
            bench.progress.step("weir is quiet")
            before, after = number % 2, (number + 1) % 2
            quiet = quiet_latencies_ms(client, before, bench.effort.seconds)
            bench.progress.step(f"reload {number + 1}")
            edit(proxy.file, MARKER % before, MARKER % after)
            began_s = time.monotonic()
            busy = reload_latencies_ms(client, before, after)
            reload_s.append(time.monotonic() - began_s)
            quiet_ms.append(percentile(quiet, 0.99))
            busy_ms.append(percentile(busy, 0.99))
            worst_ms.append(max(busy))
    return reload_s, quiet_ms, busy_ms, worst_ms


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
