"""Routes compiled once: what is worked out of a route is taken again while it, and what it refers to, stays the same.

So an edit of one route among thousands costs the work of one, and the rules of all others are the same objects as
before, by which whoever carries a snapshot further tells what is new in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from config.binding.backends import Backends, Question, Resolved, question
from config.binding.grpc_rules import compile_grpc_route
from config.binding.rules import CompiledRoute, compile_route
from config.identity_memo import IdentityMemo
from config.resources.grpc_route import GRPCRoute
from config.resources.http_route import HTTPRoute
from config.resources.references import BackendObjectReference, LocalObjectReference
from config.resources.resource import Resource
from config.snapshot import BoundRule, Layers

PLACES_KEPT = 32
"""Sets of hostnames and policies under which the rules of a route are remembered: an edited policy makes a new one."""


_Place = tuple[tuple[str, ...], tuple[Layers, ...], str, tuple[tuple[Layers, ...], ...]]
"""Hostnames, policies, tenant, and the policies of each backendRef."""


@dataclass(eq=False, slots=True)
class KeptRoute:
    """A compiled route with the answers that it rests on, by what was asked, and its rules under sets of hostnames."""

    compiled: CompiledRoute
    resolved: dict[Question, tuple[BackendObjectReference, Resolved]]
    extensions: tuple[tuple[LocalObjectReference, Resolved | None], ...]
    shares: tuple[tuple[LocalObjectReference, Resolved | None], ...] = ()
    _bound: dict[_Place, tuple[BoundRule, ...]] = field(default_factory=dict)

    def holds(self, route: Resource, backends: Backends) -> bool:
        """Whether all that it asked would be answered as before.

        All is asked anew, as a Service has a plan only once a route refers to it.
        """
        same = True
        for asked, (ref, before) in self.resolved.items():
            now = backends.answer(asked) or backends.resolve(ref, route)
            same = (now is before or now == before) and same
        return (
            same
            and all(backends.extension_failure(ref, route) == answer for ref, answer in self.extensions)
            and all(backends.share_failure(ref, route) == answer for ref, answer in self.shares)
        )

    def bound(
        self,
        hostnames: tuple[str, ...],
        layers: tuple[Layers, ...] = (),
        tenant: str = "",
        shares: tuple[tuple[Layers, ...], ...] = (),
    ) -> Sequence[BoundRule]:
        """Its rules under `hostnames`; `layers` has the policies of each rule, or is () where no rule has any.

        `shares` has those of each backendRef of each rule, () for a rule without any, or is ().
        """
        key = (hostnames, layers, tenant, shares)
        found = self._bound.get(key)
        if found is None:
            if len(self._bound) >= PLACES_KEPT:
                del self._bound[next(iter(self._bound))]
            rules = self.compiled.rules
            found = self._bound[key] = tuple(
                BoundRule(hostnames, rule, own, tenant, of_shares)
                for rule, own, of_shares in zip(
                    rules, layers or ((),) * len(rules), shares or ((),) * len(rules), strict=True
                )
            )
        return found


class _Asking:
    """Passes questions on and keeps each with its answer."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self.resolved: dict[Question, tuple[BackendObjectReference, Resolved]] = {}
        self.extensions: list[tuple[LocalObjectReference, Resolved | None]] = []
        self.shares: list[tuple[LocalObjectReference, Resolved | None]] = []

    def resolve(self, ref: BackendObjectReference, route: Resource) -> Resolved:
        answer = self._backends.resolve(ref, route)
        self.resolved[question(ref, route)] = (ref, answer)
        return answer

    def extension_failure(self, ref: LocalObjectReference, route: Resource) -> Resolved | None:
        answer = self._backends.extension_failure(ref, route)
        self.extensions.append((ref, answer))
        return answer

    def share_failure(self, ref: LocalObjectReference, route: Resource) -> Resolved | None:
        answer = self._backends.share_failure(ref, route)
        self.shares.append((ref, answer))
        return answer


_KEPT: IdentityMemo[KeptRoute] = IdentityMemo()


def kept_route(route: HTTPRoute | GRPCRoute, backends: Backends) -> KeptRoute:
    """`route` compiled, now or before."""
    kept = _KEPT.get(route)
    if kept is not None and kept.holds(route, backends):
        return kept
    asking = _Asking(backends)
    compiled = compile_route(route, asking) if isinstance(route, HTTPRoute) else compile_grpc_route(route, asking)
    return _KEPT.keep(route, KeptRoute(compiled, asking.resolved, tuple(asking.extensions), tuple(asking.shares)))
