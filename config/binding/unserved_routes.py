"""Routes of kinds that this version does not carry: their references are looked up, so that their status is true."""

from __future__ import annotations

from collections.abc import Sequence

from config.binding.backends import Backends
from config.binding.rules import CompiledRoute, Failure
from config.resources.stream_rules import StreamRule
from config.resources.tcp_route import TCPRoute
from config.resources.tls_route import TLSRoute
from config.resources.udp_route import UDPRoute


def resolve_refs(route: TLSRoute | TCPRoute | UDPRoute, backends: Backends) -> CompiledRoute:
    """No rules, but a failure for each reference that does not resolve."""
    compiled = CompiledRoute()
    rules: Sequence[StreamRule] = route.spec.rules
    for index, rule in enumerate(rules):
        for position, ref in enumerate(rule.backend_refs):
            resolved = backends.resolve(ref, route)
            if resolved.backend is None:
                place = ("spec", "rules", index, "backendRefs", position, "name")
                compiled.unresolved.append(Failure.of(place, resolved))
    return compiled
