"""A setup as Weir's resources: rules in HTTPRoutes of 16, as many as Gateway API allows, and one Backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.setups.policies import ADDED, HIDDEN, RATE_LIMIT, REFUSED_NETWORKS, REMOVED, REWRITTEN_TO, SET
from benchmarks.setups.setup import VARIANT, Rule, Setup, by_host

RULES_PER_ROUTE = 16
BACKEND_POLICIES = """\
circuitBreaker: {maxRequests: 20000, failures: {threshold: 20}}   # armed, as outlier detection is elsewhere
  outlierDetection: {consecutive5xx: 5}"""


def weir_values(setup: Setup, folder: Path) -> dict[str, str | int]:
    """What peers/setup/weir.yaml wants. `folder` takes the access log."""
    return {
        "workers": setup.workers,
        "access_log": str(folder / "access.log") if setup.policies else '"off"',
        "routes": "".join((*routes(setup), *traffic_policies(setup))),
        "backend_policies": f"\n  {BACKEND_POLICIES}" if setup.policies else "",
        "endpoints": "".join(f"\n    - {{address: 127.0.0.1, port: {port}}}" for port in setup.endpoint_ports),
    }


def routes(setup: Setup) -> Iterator[str]:
    """YAML of the routes, a document each."""
    number = 0
    for host, rules in by_host(setup.rules):
        for begin in range(0, len(rules), RULES_PER_ROUTE):
            lines = [
                "---",
                "apiVersion: gateway.networking.k8s.io/v1",
                "kind: HTTPRoute",
                f"metadata: {{name: route-{number}, namespace: bench}}",
                "spec:",
                "  parentRefs: [{name: edge}]",
                f"  hostnames: [{host}]",
                "  rules:",
            ]
            for rule in rules[begin : begin + RULES_PER_ROUTE]:
                lines.append(f"  - matches: [{{{match(rule)}}}]")
                if setup.policies:
                    lines.extend(policy_lines())
                lines.append("    backendRefs: [{group: weir.dev, kind: Backend, name: origin}]")
            number += 1
            yield "\n".join(lines) + "\n"


def traffic_policies(setup: Setup) -> Iterator[str]:
    """YAML of the TrafficPolicies: the usual one on the namespace, that of the setup on each HTTPRoute."""
    if setup.policies:
        networks = ", ".join(REFUSED_NETWORKS)
        fields = (
            f"access: {{sources: {{deny: [{networks}]}}}}",
            "tags: [{name: tier, value: gold}], baggage: {send: false}",
            f"rateLimits: [{{name: per-ip, key: [{{sourceIP: true}}], rate: {{requests: {RATE_LIMIT}, per: 1s}}}}]",
            "retry: {attempts: 1, on: [connect-failure, reset, gateway-error]}",
        )
        yield _traffic_policy("usual", '{group: "", kind: Namespace, name: bench}', ", ".join(fields))
    if setup.traffic_policy:
        for number in range(sum(-(-len(rules) // RULES_PER_ROUTE) for _, rules in by_host(setup.rules))):
            target = f"{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: route-{number}}}"
            yield _traffic_policy(f"policy-{number}", target, setup.traffic_policy)


def _traffic_policy(name: str, target: str, fields: str) -> str:
    return (
        "---\napiVersion: weir.dev/v1\nkind: TrafficPolicy\n"
        f"metadata: {{name: {name}, namespace: bench}}\n"
        f"spec: {{targetRefs: [{target}], {fields}}}\n"
    )


def match(rule: Rule) -> str:
    """The fields of one match, as in a YAML map on one line."""
    found = f"path: {{type: PathPrefix, value: {rule.prefix}}}"
    if rule.method is not None:
        found += f", method: {rule.method}"
    if rule.variant is not None:
        found += f", headers: [{{name: {VARIANT}, value: {rule.variant}}}]"
    return found


def policy_lines() -> Iterator[str]:
    """The filters and times of a rule that has the usual policies."""
    (set_name, set_value), (added_name, added_value) = SET, ADDED
    yield "    filters:"
    yield "    - type: RequestHeaderModifier"
    yield (f"      requestHeaderModifier: {{set: [{{name: {set_name}, value: {set_value}}}], remove: [{REMOVED}]}}")
    yield "    - type: ResponseHeaderModifier"
    yield (f"      responseHeaderModifier: {{add: [{{name: {added_name}, value: {added_value}}}], remove: [{HIDDEN}]}}")
    yield "    - type: URLRewrite"
    yield f"      urlRewrite: {{path: {{type: ReplacePrefixMatch, replacePrefixMatch: {REWRITTEN_TO}}}}}"
    yield "    timeouts: {request: 10s, backendRequest: 5s}"
