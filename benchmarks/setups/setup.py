"""What a proxy is to do in a scenario: its routes, endpoints, workers and policies, the same for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

# The one header that rules match on.
VARIANT = "x-variant"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a request must have: its host, a prefix of its path, and where set its method and the variant header."""

    host: str
    prefix: str
    method: str | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """All that differs between scenarios. All rules lead to the same endpoints, of which each is as good as another.

    `policies` puts the usual ones on every route: a list of networks that are refused, headers set, added and removed
    both ways, the prefix rewritten, retries, timeouts, an access log. `traffic_policy` is for Weir alone: the spec of a
    TrafficPolicy as YAML on one line, without targets, of which each HTTPRoute gets one.
    """

    rules: tuple[Rule, ...]
    endpoint_ports: tuple[int, ...]
    workers: int = 1
    policies: bool = False
    traffic_policy: str = ""

    @property
    def by_method(self) -> bool:
        """Whether any rule asks for a method."""
        return any(rule.method is not None for rule in self.rules)

    @property
    def by_variant(self) -> bool:
        """Whether any rule asks for a variant."""
        return any(rule.variant is not None for rule in self.rules)


def by_host(rules: Sequence[Rule]) -> Iterator[tuple[str, list[Rule]]]:
    """The rules of each host, hosts and rules in the order in which they stand."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.host, []).append(rule)
    yield from found.items()


def by_prefix(rules: Sequence[Rule]) -> Iterator[tuple[str, list[Rule]]]:
    """The rules of each prefix, for rules of one host."""
    for prefix, group in groupby(sorted(rules, key=lambda rule: rule.prefix), key=lambda rule: rule.prefix):
        yield prefix, list(group)
