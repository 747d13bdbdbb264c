"""Routes by the number, in several sorts, with the request that the last of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.comparison import Traffic
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.proxies import HOST, PROBE_PATH
from benchmarks.setups.setup import VARIANT, Rule

# GET is last, so that the load generator need not be told of methods.
METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET")
AREAS = 97
PREFIXES_PER_HOST = 100


@dataclass(frozen=True, slots=True)
class RouteSet:
    """Rules, and a request for the last of them."""

    rules: tuple[Rule, ...]
    headers: Mapping[str, str]

    @property
    def traffic(self) -> Traffic:
        """The request, and the answer of the one endpoint behind it."""
        last = self.rules[-1]
        return Traffic(f"{last.prefix}/orders/42", self.headers, Answer(200, Origin.small_body(0)), last.host)


# For scenarios that are about something else, and a request by which to see that a proxy serves.
API = (Rule(HOST, "/api"),)
PROBE = Traffic(PROBE_PATH, {}, Answer(200, Origin.small_body(0)))


def prefix_of(number: int) -> str:
    """A path prefix of its own for each number."""
    return f"/api/area-{number % AREAS}/{number}"


def prefixes(count: int) -> RouteSet:
    """One host, a prefix each."""
    return RouteSet(tuple(Rule(HOST, prefix_of(number)) for number in range(count)), {})


def hosts(count: int) -> RouteSet:
    """A host each, the same prefix."""
    return RouteSet(tuple(Rule(f"host-{number}.example", "/api") for number in range(count)), {})


def variants(count: int) -> RouteSet:
    """One host and one prefix, a value of the same header each."""
    rules = tuple(Rule(HOST, "/api", variant=f"v{number}") for number in range(count))
    return RouteSet(rules, {VARIANT: f"v{count - 1}"})


def methods(count: int) -> RouteSet:
    """One host, five methods of each prefix."""
    steps = range(count - 1, -1, -1)
    rules = tuple(Rule(HOST, prefix_of(step // len(METHODS)), METHODS[-1 - step % len(METHODS)]) for step in steps)
    return RouteSet(rules, {})


def mixed(count: int) -> RouteSet:
    """A hundred prefixes per host; of four rules one has a method too, one a header, one both."""
    rules = tuple(_mixed_rule(number, count) for number in range(count))
    return RouteSet(rules, {VARIANT: "canary"})


def _mixed_rule(number: int, count: int) -> Rule:
    # Counted from the last, which so has both.
    sort = (count - 1 - number) % 4
    return Rule(
        f"host-{number // PREFIXES_PER_HOST}.example",
        prefix_of(number),
        "GET" if sort in {0, 1} else None,
        "canary" if sort in {0, 2} else None,
    )
