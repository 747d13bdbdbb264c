"""ListenerSets by the descriptions of their CRD: what attaches, who goes first, and what is served on the wire."""

from __future__ import annotations

import pytest

from tests.support.served import served
from tests.support.statuses import Statuses, short

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra, generation: 7}
spec:
  gatewayClassName: weir
  ALLOWED
  listeners:
  - name: web
    port: 8080
    protocol: HTTP
    hostname: gateway.example
    allowedRoutes: {namespaces: {from: All}}
---
apiVersion: v1
kind: Namespace
metadata: {name: d, labels: {tier: gold}}
"""
ALL = "allowedListeners: {namespaces: {from: All}}"


def gateway(allowed: str = ALL) -> str:
    return GATEWAY.replace("ALLOWED", allowed)


def listener_set(name: str, *hosts: str, namespace: str = "d", created: str = "2024-01-01T00:00:00Z") -> str:
    """One with a listener `l0`, `l1` ... on 8080 for each host."""
    listeners = [f'{{name: l{at}, port: 8080, protocol: HTTP, hostname: "{host}"}}' for at, host in enumerate(hosts)]
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: {name}, namespace: {namespace}, generation: 4, creationTimestamp: "{created}"}}
spec:
  parentRef: {{name: edge, namespace: infra}}
  listeners: [{", ".join(listeners)}]
"""


def route(name: str, *parents: str, to: str = "one", prefix: str = "/", namespace: str = "d") -> str:
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  parentRefs: [{", ".join(parents)}]
  rules:
  - matches: [{{path: {{value: {prefix}}}}}]
    backendRefs: [{{group: weir.dev, kind: Backend, name: {to}, namespace: d}}]
"""


def backend(name: str = "one") -> str:
    return f"""---
apiVersion: weir.dev/v1
kind: Backend
metadata: {{name: {name}, namespace: d}}
spec: {{static: {{endpoints: [{{address: 127.0.0.1, port: 1}}]}}}}
"""


NAMES = ("one", "two", "three")


def to_set(name: str = "more", section: str = "") -> str:
    return f"{{kind: ListenerSet, name: {name}{f', sectionName: {section}' if section else ''}}}"


TO_GATEWAY = "{name: edge, namespace: infra}"
ACCEPTED = {"Accepted": ("True", "Accepted"), "Programmed": ("True", "Programmed")}
GOOD = {**ACCEPTED, "ResolvedRefs": ("True", "ResolvedRefs"), "Conflicted": ("False", "NoConflicts")}
LOST = {
    "Accepted": ("False", "HostnameConflict"),
    "Programmed": ("False", "HostnameConflict"),
    "ResolvedRefs": ("True", "ResolvedRefs"),
    "Conflicted": ("True", "HostnameConflict"),
}


def refused(reason: str) -> dict[str, tuple[str, str]]:
    return {"Accepted": ("False", reason), "Programmed": ("False", reason)}


async def test_traffic_goes_by_the_listeners_of_gateway_and_sets_together() -> None:
    """From YAML to the wire, and on after a set has left."""
    base = gateway() + backend() + backend("two") + backend("three") + route("r", TO_GATEWAY, to="one")
    more = listener_set("more", "set.example", "*.set.example")
    routes = route("s", to_set(section="l0"), to="two") + route("t", to_set(section="l1"), to="three")
    async with served(base + more + routes, tuple(f"d/{name}" for name in NAMES)) as weir:
        for host, backend_ in (
            ("gateway.example", "one"),
            ("set.example", "two"),
            ("a.set.example", "three"),
            ("none.example", ""),
        ):
            answer = await weir.ask(host=host)
            assert (answer.status, answer.backend) == ((200, backend_) if backend_ else (404, ""))
        weir.apply(base)
        assert (await weir.ask(host="set.example")).status == 404
        assert (await weir.ask(host="gateway.example")).backend == "one"


async def test_a_conflict_leaves_the_first_in_service_on_the_wire() -> None:
    text = (
        gateway()
        + "".join(backend(name) for name in NAMES)
        + listener_set("thief", "gateway.example", "own.example")
        + route("r", TO_GATEWAY, to="one")
        + route("s", to_set("thief"), to="two")
    )
    async with served(text, tuple(f"d/{name}" for name in NAMES)) as weir:
        assert (await weir.ask(host="gateway.example")).backend == "one"
        assert (await weir.ask(host="own.example")).backend == "two"


@pytest.mark.parametrize(
    ("allowed", "same", "other"),
    [
        ("", False, False),
        ("allowedListeners: {namespaces: {from: None}}", False, False),
        ("allowedListeners: {}", False, False),
        ("allowedListeners: {namespaces: {from: Same}}", True, False),
        ("allowedListeners: {namespaces: {from: All}}", True, True),
        ("allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {tier: gold}}}}", False, True),
        ("allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {tier: tin}}}}", False, False),
        ("allowedListeners: {namespaces: {from: Same, selector: {matchLabels: {tier: gold}}}}", True, False),
    ],
)
def test_a_gateway_lets_attach_from_the_namespaces_that_it_allows(allowed: str, same: bool, other: bool) -> None:
    found = Statuses(
        gateway(allowed), listener_set("same", "s.example", namespace="infra"), listener_set("other", "o.example")
    )
    for name, attached in (("same", same), ("other", other)):
        status = found.of("ListenerSet", name)
        assert short(status.conditions) == (ACCEPTED if attached else refused("NotAllowed"))
        assert len(status.listeners) == attached
    assert found.of("Gateway", "edge").attached_listener_sets == same + other


def test_the_gateway_goes_before_sets_and_its_status_stays() -> None:
    found = Statuses(gateway(), listener_set("more", "gateway.example", "own.example"))
    edge, more = found.of("Gateway", "edge"), found.of("ListenerSet", "more")
    assert short(edge.conditions) == ACCEPTED
    assert short(found.listener("Gateway", "edge", "web").conditions) == GOOD
    assert short(more.conditions) == {"Accepted": ("True", "ListenersNotValid"), "Programmed": ("True", "Programmed")}
    assert short(found.listener("ListenerSet", "more", "l0").conditions) == LOST
    assert short(found.listener("ListenerSet", "more", "l1").conditions) == GOOD


def test_the_older_set_goes_before_the_younger() -> None:
    found = Statuses(
        gateway(),
        listener_set("a", "x.example", created="2024-02-01T00:00:00Z"),
        listener_set("b", "x.example", created="2024-01-01T00:00:00Z"),
    )
    assert short(found.of("ListenerSet", "b").conditions) == ACCEPTED
    assert short(found.of("ListenerSet", "a").conditions) == refused("ListenersNotValid")
    assert found.of("Gateway", "edge").attached_listener_sets == 1


def test_sets_of_one_age_go_by_namespace_and_name() -> None:
    """As one text: `-` sorts before `/`."""
    found = Statuses(
        gateway(), listener_set("x", "x.example", namespace="d"), listener_set("y", "x.example", namespace="d-e")
    )
    assert short(found.of("ListenerSet", "y").conditions) == ACCEPTED
    assert short(found.of("ListenerSet", "x").conditions) == refused("ListenersNotValid")


def test_a_loser_takes_no_place_from_those_behind_it() -> None:
    found = Statuses(
        gateway(),
        listener_set("a", "gateway.example", "x.example", created="2024-01-01T00:00:00Z"),
        listener_set("b", "gateway.example", "y.example", created="2024-01-02T00:00:00Z"),
    )
    listeners = found.of("ListenerSet", "b").listeners
    assert [short(each.conditions) for each in listeners] == [LOST, GOOD]


def test_a_conflict_says_nothing_of_a_sibling() -> None:
    found = Statuses(
        gateway(),
        listener_set("hidden", "x.example", namespace="vault"),
        listener_set("more", "x.example", created="2025-01-01T00:00:00Z"),
    )
    told = [each.message for each in found.of("ListenerSet", "more").listeners[0].conditions]
    assert any("port 8080" in message for message in told)
    assert not any("vault" in message or "hidden" in message for message in told)


def test_names_of_listeners_need_not_differ_between_gateway_and_sets() -> None:
    twin = listener_set("edge", "set.example", namespace="infra").replace("name: l0", "name: web")
    found = Statuses(gateway(), twin)
    assert found.loaded.snapshot is not None
    names = [each.name for port in found.loaded.snapshot.ports for each in port.listeners]
    assert names == ["infra/edge/web", "ListenerSet infra/edge/web"]


def test_a_set_is_not_accepted_where_its_gateway_is_not() -> None:
    tcp = gateway().replace("protocol: HTTP", "protocol: TCP").replace("    hostname: gateway.example\n", "")
    found = Statuses(tcp, listener_set("more", "x.example"))
    assert short(found.of("ListenerSet", "more").conditions) == refused("ParentNotAccepted")
    assert found.of("Gateway", "edge").attached_listener_sets == 0


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        ("{name: none, namespace: infra}", "ParentNotAccepted"),
        ("{name: edge}", "ParentNotAccepted"),
        ("{kind: Service, group: '', name: edge, namespace: infra}", "Invalid"),
    ],
)
def test_a_parent_must_be_a_gateway_that_there_is(parent: str, reason: str) -> None:
    """Without a namespace it is looked for in the set's own."""
    text = listener_set("more", "x.example").replace("{name: edge, namespace: infra}", parent)
    assert short(Statuses(gateway(), text).of("ListenerSet", "more").conditions) == refused(reason)


def test_a_gateway_of_another_controller_is_left_to_it() -> None:
    foreign = gateway().replace("gatewayClassName: weir", "gatewayClassName: other")
    found = Statuses(foreign, listener_set("more", "x.example"), backend(), route("r", to_set()))
    waiting = ("Unknown", "Pending")
    assert short(found.of("ListenerSet", "more").conditions) == {"Accepted": waiting, "Programmed": waiting}
    assert found.of("HTTPRoute", "r").parents == ()


def test_routes_attach_to_a_set_or_to_one_listener_of_it() -> None:
    found = Statuses(
        gateway(),
        backend(),
        listener_set("more", "a.example", "b.example"),
        route("whole", to_set()),
        route("one", to_set(section="l1")),
        route("gateway", TO_GATEWAY),
    )
    more = found.of("ListenerSet", "more")
    assert [(each.name, each.attached_routes) for each in more.listeners] == [("l0", 1), ("l1", 2)]
    assert [each.attached_routes for each in found.of("Gateway", "edge").listeners] == [1], "sets are no part of it"
    (parent,) = found.of("HTTPRoute", "one").parents
    assert (parent.kind, parent.namespace, parent.name, parent.section_name) == ("ListenerSet", "d", "more", "l1")
    assert short(parent.conditions)["Accepted"] == ("True", "Accepted")


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        (to_set("none"), "NoMatchingParent"),
        (to_set(section="none"), "NoMatchingParent"),
        ("{kind: ListenerSet, name: more, port: 1}", "NoMatchingParent"),
    ],
)
def test_a_route_to_what_is_not_there_is_not_accepted(parent: str, expected: str) -> None:
    found = Statuses(gateway(), backend(), listener_set("more", "a.example"), route("r", parent))
    assert found.parent("r")["Accepted"] == ("False", expected)


def test_routes_of_a_set_that_is_not_allowed_are_not_accepted() -> None:
    found = Statuses(gateway(""), backend(), listener_set("more", "a.example"), route("r", to_set()))
    assert found.parent("r")["Accepted"] == ("False", "NoMatchingParent")


def test_routes_of_the_sets_own_namespace_may_attach_unless_told() -> None:
    foreign = "{kind: ListenerSet, name: more, namespace: d}"
    found = Statuses(
        gateway(),
        backend(),
        listener_set("more", "a.example"),
        route("own", to_set()),
        route("of-gateway", foreign, namespace="infra"),
    )
    assert found.parent("own")["Accepted"] == ("True", "Accepted")
    assert found.parent("of-gateway")["Accepted"] == ("False", "NotAllowedByListeners")


def test_a_route_is_counted_on_a_listener_that_lost() -> None:
    """So its traffic flows once the conflict is gone."""
    found = Statuses(gateway(), backend(), listener_set("more", "gateway.example"), route("r", to_set()))
    (listener,) = found.of("ListenerSet", "more").listeners
    assert (short(listener.conditions), listener.attached_routes) == (LOST, 1)


def test_kinds_that_are_not_carried_are_told_of_a_listener() -> None:
    kinds = "hostname: a.example, allowedRoutes: {kinds: [{kind: HTTPRoute}, {kind: UDPRoute}]}"
    found = Statuses(gateway(), listener_set("more", "a.example").replace('hostname: "a.example"', kinds))
    (listener,) = found.of("ListenerSet", "more").listeners
    assert listener.supported_kinds == ("HTTPRoute",)
    assert short(listener.conditions)["ResolvedRefs"] == ("False", "InvalidRouteKinds")


SECRET = """---
apiVersion: v1
kind: Secret
metadata: {name: pair, namespace: vault}
type: kubernetes.io/tls
data: {tls.crt: cGVt, tls.key: cGVt}
"""


@pytest.mark.parametrize(("kind", "namespace", "permits"), [("Gateway", "infra", False), ("ListenerSet", "d", True)])
def test_a_grant_to_the_gateway_is_none_to_its_sets(kind: str, namespace: str, permits: bool) -> None:
    grant = f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {{name: g, namespace: vault}}
spec:
  from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: {namespace}}}]
  to: [{{group: "", kind: Secret}}]
"""
    https = listener_set("more", "a.example").replace(
        "protocol: HTTP,", "protocol: HTTPS, tls: {certificateRefs: [{name: pair, namespace: vault}]},"
    )
    found = Statuses(gateway(), SECRET, grant, https)
    (listener,) = found.of("ListenerSet", "more").listeners
    resolved = ("True", "ResolvedRefs") if permits else ("False", "RefNotPermitted")
    assert short(listener.conditions)["ResolvedRefs"] == resolved


async def test_a_policy_on_a_set_holds_for_it_alone() -> None:
    """And one on the Gateway for its sets too."""
    policy = """---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: KIND, name: TARGET}]
  access: {sources: {deny: [127.0.0.0/8]}}
"""

    def on(kind: str, target: str, namespace: str) -> str:
        text = policy.replace("KIND", kind).replace("TARGET", target)
        return text.replace("NAMESPACE", namespace).replace("NAME", "p")

    base = (
        gateway()
        + backend()
        + listener_set("more", "more.example")
        + listener_set("other", "other.example")
        + route("r", TO_GATEWAY, to_set("more"), to_set("other"))
    )
    hosts = ("gateway.example", "more.example", "other.example")
    async with served(base + on("ListenerSet", "more", "d"), ["d/one"]) as weir:
        assert [(await weir.ask(host=host)).status for host in hosts] == [200, 403, 200]
        weir.apply(base + on("Gateway", "edge", "infra"))
        assert [(await weir.ask(host=host)).status for host in hosts] == [403, 403, 403]


def test_conditions_observe_the_generation_of_the_set() -> None:
    status = Statuses(gateway(), listener_set("more", "a.example")).of("ListenerSet", "more")
    conditions = [*status.conditions, *status.listeners[0].conditions]
    assert {each.observed_generation for each in conditions} == {4}


def test_a_listener_on_the_port_of_the_admin_api_is_refused_alone() -> None:
    weir = "---\napiVersion: weir.dev/v1\nkind: Weir\nmetadata: {name: weir}\nspec: {admin: {port: 9901}}\n"
    more = listener_set("more", "a.example", "b.example").replace("l0, port: 8080", "l0, port: 9901")
    found = Statuses(gateway(), more, weir)
    admin, other = found.of("ListenerSet", "more").listeners
    assert short(admin.conditions)["Accepted"] == ("False", "PortUnavailable")
    assert short(other.conditions) == GOOD
