"""Subsets: which endpoints a hundred gateways use together, and what moves when one gateway or endpoint comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from benchmarks.simulation.fleet import Size, endpoint_set, members, plan
from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.balance import of
from benchmarks.simulation.scenarios.scenario import Scenario
from discovery.backend import Backend
from discovery.endpoint import Endpoint
from discovery.whereabouts import Whereabouts, whereabouts

MOST = 20

Numbered = Callable[[int], Whereabouts]
"""What a gateway knows of itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """`least` and `most` gateways of an endpoint; connections that changed, opened and closed both, in all and at the
    gateway with the most changes, when a gateway or an endpoint is added, or one is unhealthy.
    """

    least: int
    mean: float
    most: int
    by_gateway: int
    by_endpoint: int
    most_by_endpoint: int
    by_sickness: int


def numbered(number: int) -> Whereabouts:
    """With WEIR_ORDINAL."""
    return whereabouts({"WEIR_ORDINAL": str(number)}, f"gateway-{number}")


def named(number: int) -> Whereabouts:
    """Without, by the name of the host."""
    return whereabouts({}, f"gateway-{number}")


def used(gateways: int, endpoints: Sequence[Endpoint], where: Numbered, most: int) -> list[frozenset[str]]:
    """The ids that each gateway uses."""
    made = plan({**of("LeastRequest"), "subset": {"maxEndpoints": most}})
    found = []
    for number in range(gateways):
        backend = Backend(made.name, made, Random(number), whereabouts=where(number))
        backend.apply(endpoint_set(endpoints))
        balancer = backend.view.balancer
        assert balancer is not None
        found.append(frozenset(state.endpoint.id for state in balancer.states))
    return found


def run(size: Size, where: Numbered, most: int) -> Found:
    """Counts; no request is sent."""
    endpoints = members(size.endpoints)
    before = used(size.gateways, endpoints, where, most)
    uses = Counter(identity for each in before for identity in each)
    grown = used(size.gateways + 1, endpoints, where, most)
    joined = _changes(before, used(size.gateways, members(size.endpoints + 1), where, most))
    sick = [replace(endpoints[0], healthy=False), *endpoints[1:]]
    counts = [uses[each.id] for each in endpoints]
    return Found(
        min(counts),
        sum(counts) / len(counts),
        max(counts),
        sum(_changes(before, grown)) + len(grown[-1]),
        sum(joined),
        max(joined),
        sum(_changes(before, used(size.gateways, sick, where, most))),
    )


def _changes(before: Sequence[frozenset[str]], after: Sequence[frozenset[str]]) -> list[int]:
    return [len(one ^ other) for one, other in zip(before, after, strict=False)]


def _row(name: str, found: Found) -> tuple[str, ...]:
    return (
        name,
        f"{found.least} / {found.mean:g} / {found.most}",
        str(found.by_gateway),
        f"{found.by_endpoint:,} (at most {found.most_by_endpoint})",
        str(found.by_sickness),
    )


def table(size: Size) -> Table:
    """With ordinals and without, with more endpoints per gateway, and where one more endpoint makes lots larger."""
    rows = []
    for name, where in (("WEIR_ORDINAL", numbered), ("host names", named)):
        for most in (MOST, 2 * MOST):
            found = run(size, where, most)
            rows.append(_row(f"{name}, maxEndpoints {most}", found))
    edge = MOST << (-(-size.endpoints // MOST) - 1).bit_length()
    found = run(replace(size, endpoints=edge), numbered, MOST)
    rows.append(_row(f"WEIR_ORDINAL, maxEndpoints {MOST}, {edge:,} endpoints", found))
    return Table(
        f"{size.gateways} gateways, {size.endpoints:,} endpoints; connections that change are those opened and those "
        "closed, of all gateways (at most: of one)",
        (
            "gateways known by",
            "gateways per endpoint: least / mean / most",
            "a gateway is added",
            "an endpoint is added",
            "an endpoint is unhealthy",
        ),
        tuple(rows),
    )


SUBSETS = Scenario("subsets", "how evenly gateways share endpoints, and what a change moves", Size(), table)
