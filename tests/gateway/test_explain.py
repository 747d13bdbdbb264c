"""Tests of explanations: each outcome, and that they agree with what the data path does."""

from __future__ import annotations

import dataclasses
import textwrap

import pytest

from config.load import load
from config.snapshot import Snapshot
from config.sources.text import SourceText
from discovery.endpoint import Endpoint, EndpointSet
from gateway.explain import explain, written_views
from gateway.explanation import Explanation
from gateway.policy_world import compile_condition
from gateway.question import BadQuestion, Question
from tests.support.subjects import environment
from tests.support.weir_command import ROUTES


def snapshot(more: str = "", *, port: int = 8080, process: str = "") -> Snapshot:
    """That of `ROUTES` with more documents, and more lines in the spec of the process."""
    text = ROUTES.format(port=port, admin=9901, tokens="")
    text = text.replace("  workers: 1\n", f"  workers: 1\n{textwrap.indent(textwrap.dedent(process), '  ')}")
    loaded = load([SourceText("t.yaml", f"{text}---\n{textwrap.dedent(more)}".encode())], generation=1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    return loaded.snapshot


def ask(of: Snapshot, method: str, url: str, *headers: str, source: str = "") -> Explanation:
    return explain(of, Question.of(method, url, headers, source), {}, environment(compile_condition))


def test_a_request_that_is_forwarded_has_shares_in_percent() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/orders/7?a=1")
    assert (told.outcome, told.status, told.port) == ("Forwarded", None, "127.0.0.1:8080/tcp")
    assert told.taken is not None
    assert (told.taken.route, told.taken.rule, told.taken.reason) == ("HTTPRoute shop/orders", "read", "")
    assert [(share.backend, share.percent) for share in told.shares] == [("shop/orders", 75.0), (None, 25.0)]
    assert "missing" in told.shares[1].problem
    first = told.shares[0]
    assert (first.target, first.host) == ("/v2/7?a=1", "api.shop.example:8080")
    assert (told.request_timeout_s, told.backend_request_timeout_s) == (2.0, 0.5)
    assert first.policy == {"loadBalancer": {"type": "LeastRequest"}}


def test_a_request_with_the_key_of_a_split_has_the_backend_that_it_draws() -> None:
    more = """\
        apiVersion: weir.dev/v1
        kind: TrafficPolicy
        metadata: {name: sticky, namespace: shop}
        spec:
          targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders, sectionName: read}]
          splitOn: [{header: x-user}]
        """
    of = snapshot(more)
    url = "http://api.shop.example:8080/orders/7"
    assert [share.percent for share in ask(of, "GET", url).shares] == [75.0, 25.0]
    drawn = [tuple(share.percent for share in ask(of, "GET", url, f"x-user: {user}").shares) for user in range(40)]
    assert set(drawn) == {(100.0, 0.0), (0.0, 100.0)}
    assert 20 < drawn.count((100.0, 0.0)) < 40


def test_every_other_match_says_which_part_failed() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/old", "x-b: 2")
    assert told.outcome == "NoRoute"
    assert told.status == 404
    reasons = {each.rule: each.reason for each in told.considered}
    assert reasons["moved"] == "header x-b is '2', not Exact '1'"
    assert reasons["read"] == "path /old is not PathPrefix /orders"


def test_one_match_under_two_hostnames_takes_it_once() -> None:
    more = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: two, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: ["*.shop.example", two.shop.example]
          rules:
          - backendRefs: [{group: weir.dev, kind: Backend, name: orders}]
        """
    told = ask(snapshot(more), "GET", "http://two.shop.example:8080/")
    taking = [each for each in told.considered if not each.reason]
    assert [each.hostname for each in taking] == ["two.shop.example"]
    assert told.taken == taking[0]


def test_a_host_that_no_listener_has_is_said() -> None:
    told = ask(snapshot(), "GET", "http://other.example:8080/orders")
    assert (told.outcome, told.status, told.listener) == ("NoRoute", 404, "")
    assert told.reason == "no listener takes host other.example"


def test_where_no_route_takes_it_the_routes_that_take_nothing_are_named() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/nowhere")
    assert [(status.kind, status.name) for status in told.conditions] == [("HTTPRoute", "stray")]


def test_conditions_are_those_of_all_that_had_a_part() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/orders")
    assert {f"{status.kind} {status.name}" for status in told.conditions} == {
        "Gateway edge",
        "HTTPRoute orders",
        "Backend orders",
        "BackendPolicy orders",
    }


def test_a_listener_of_a_listener_set_is_told_with_the_conditions_of_the_set() -> None:
    more = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: team, namespace: shop}
        spec:
          gatewayClassName: weir
          addresses: [{value: 127.0.0.2}]
          listeners: [{name: http, port: 8080, protocol: HTTP}]
          allowedListeners: {namespaces: {from: Same}}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: ListenerSet
        metadata: {name: team, namespace: shop}
        spec:
          parentRef: {name: team}
          listeners: [{name: http, port: 8080, protocol: HTTP, hostname: team.example}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: team, namespace: shop}
        spec:
          parentRefs: [{kind: ListenerSet, name: team}]
          rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]
        """
    told = ask(snapshot(more), "GET", "http://127.0.0.2:8080/", "Host: team.example")
    assert (told.listener, told.status) == ("ListenerSet shop/team/http", 302)
    assert {f"{status.kind} {status.name}" for status in told.conditions} == {"ListenerSet team", "HTTPRoute team"}


def test_a_redirect_is_told_with_its_location() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/old?q=1", "x-b: 1")
    assert (told.outcome, told.status) == ("Redirected", 301)
    assert told.location == "http://api.shop.example:8080/new?q=1"
    assert told.filters == ("RequestRedirect: status 301, path /new",)
    assert told.answer_headers.set == {}


def test_a_redirect_is_told_with_the_headers_that_a_filter_gives_it() -> None:
    more = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: away, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: [away.shop.example]
          rules:
          - filters:
            - {type: RequestRedirect, requestRedirect: {scheme: https}}
            - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: x-a, value: "1"}]}}
        """
    told = ask(snapshot(more), "GET", "http://away.shop.example:8080/")
    assert (told.outcome, told.answer_headers.set) == ("Redirected", {"x-a": "1"})


def test_a_rule_without_a_good_backend_is_answered_500() -> None:
    more = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: lost, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: [lost.shop.example]
          rules:
          - backendRefs: [{group: weir.dev, kind: Backend, name: gone}]
        """
    told = ask(snapshot(more), "GET", "http://lost.shop.example:8080/")
    assert (told.outcome, told.status) == ("Misconfigured", 500)
    assert "gone" in told.reason


@pytest.mark.parametrize(
    ("method", "url", "headers", "status"),
    [
        ("GET", "http://api.shop.example:8080/orders", ["content-length: 1", "transfer-encoding: chunked"], 400),
        ("GET", "http://api.shop.example:8080/orders", ["bad : 1"], 400),
        ("GET", "http://api.shop.example:8080/a b", [], 400),
        ("GET", f"http://api.shop.example:8080/{'a' * 9000}", [], 414),
        ("GET", "http://api.shop.example:8080/", [f"x: {'a' * 70_000}"], 431),
        ("POST", "http://api.shop.example:8080/orders", ["content-length: 2000"], 413),
        ("CONNECT", "http://api.shop.example:8080", [], 404),
    ],
)
def test_what_is_refused_is_told_with_the_status_of_the_refusal(
    method: str, url: str, headers: list[str], status: int
) -> None:
    told = ask(snapshot(process="limits: {bodyBytes: 1000}\n"), method, url, *headers)
    assert told.status == status
    assert told.reason


def test_connect_needs_a_match_that_names_it() -> None:
    more = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: all, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: [tunnel.shop.example]
          rules:
          - backendRefs: [{group: weir.dev, kind: Backend, name: orders}]
        """
    told = ask(snapshot(more), "CONNECT", "http://tunnel.shop.example:8080")
    assert (told.outcome, told.status) == ("Refused", 405)
    assert told.reason == "CONNECT is not routed here"


def test_the_cors_filter_of_a_backend_ref_is_asked_for_its_share_alone() -> None:
    more = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: pages, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: [pages.shop.example]
          rules:
          - backendRefs:
            - {group: weir.dev, kind: Backend, name: orders}
            - group: weir.dev
              kind: Backend
              name: orders
              filters: [{type: CORS, cors: {allowOrigins: ["https://a.example"]}}]
        """
    of, url = snapshot(more), "http://pages.shop.example:8080/"
    plain, own = ask(of, "GET", url, "Origin: https://a.example").shares
    assert "vary" not in plain.response_headers.set
    assert own.response_headers.set["access-control-allow-origin"] == "https://a.example"
    preflight = ("Origin: https://a.example", "Access-Control-Request-Method: PUT")
    _, own = ask(of, "OPTIONS", url, *preflight).shares
    assert own.filters == ("CORS: origins https://a.example, max age 5 s",)
    assert [(said.policy, said.said) for said in own.policies] == [("CORS", "answers it with 200")]
    preflight = ("Origin: https://b.example", "Access-Control-Request-Method: PUT")
    _, own = ask(of, "OPTIONS", url, *preflight).shares
    assert own.policies[0].said.startswith("refuses it with 403: a preflight of origin https://b.example")


def test_a_port_that_is_not_there_is_told_with_those_that_are() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:81/")
    assert (told.outcome, told.status, told.ports) == ("NoPort", None, ("127.0.0.1:8080/tcp",))
    assert told.reason == "nothing listens on port 81; the ports are: 127.0.0.1:8080/tcp"
    assert "no port speaks HTTPS" in ask(snapshot(), "GET", "https://api.shop.example/").reason


def test_a_url_without_a_port_means_the_only_one_or_80() -> None:
    assert ask(snapshot(), "GET", "http://api.shop.example/orders").outcome == "Forwarded"
    second = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: other, namespace: shop}
        spec:
          gatewayClassName: weir
          listeners: [{name: http, port: 8081, protocol: HTTP}]
        """
    told = ask(snapshot(second), "GET", "http://api.shop.example/orders")
    assert told.outcome == "NoPort"
    assert told.reason == "nothing listens on port 80; the ports are: :8081/tcp, 127.0.0.1:8080/tcp"


def test_of_two_addresses_with_one_port_the_one_that_is_asked_counts() -> None:
    second = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: other, namespace: shop}
        spec:
          gatewayClassName: weir
          addresses: [{type: IPAddress, value: 127.0.0.2}]
          listeners: [{name: http, port: 8080, protocol: HTTP}]
        """
    both = snapshot(second)
    assert ask(both, "GET", "http://127.0.0.2:8080/").listener == "shop/other/http"
    assert ask(both, "GET", "http://127.0.0.1:8080/", "Host: api.shop.example").listener == "shop/edge/http"


def test_source_is_told_with_whether_it_is_trusted() -> None:
    of = snapshot(process="forwarding: {trustedProxies: [10.0.0.0/8]}\n")
    url = "http://api.shop.example:8080/orders"
    assert ask(of, "GET", url, source="10.1.2.3").trusted_source is True
    assert ask(of, "GET", url, source="192.0.2.1").trusted_source is False
    assert ask(of, "GET", url).trusted_source is None
    with pytest.raises(BadQuestion, match="is no IP address"):
        ask(of, "GET", url, source="somewhere")


def test_a_header_line_with_a_line_end_cannot_smuggle_a_second_head() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/orders", "x-a: 1\r\n\r\nGET /old HTTP/1.1")
    assert told.outcome == "Forwarded"
    assert told.taken is not None
    assert told.taken.rule == "read"


async def test_endpoints_are_those_that_are_known() -> None:
    of = snapshot()
    question = Question.of("GET", "http://api.shop.example:8080/orders")
    live = EndpointSet("shop/orders", (Endpoint("i", "10.0.0.1", 80, tags={"a": "b"}, serving=False),), "consul", 1.0)
    unknown, written, told = (
        explain(of, question, views, environment()).shares[0].endpoints
        for views in ({}, await written_views(of), {"shop/orders": live})
    )
    assert unknown is None
    assert written is not None
    assert [(seen.address, seen.port, seen.weight, seen.zone) for seen in written] == [("127.0.0.1", 9001, 3, "east")]
    assert told is not None
    assert [(seen.id, seen.serving, seen.tags) for seen in told] == [("i", False, {"a": "b"})]


async def test_written_views_hold_what_nobody_needs_to_be_asked_for() -> None:
    more = """\
        apiVersion: weir.dev/v1
        kind: Backend
        metadata: {name: asked, namespace: shop}
        spec: {consul: {service: orders}}
        """
    assert set(await written_views(snapshot(more))) == {"shop/orders"}


def test_headers_of_each_share_are_told_as_the_gateway_sends_them() -> None:
    told = ask(snapshot(), "GET", "http://api.shop.example:8080/orders", "x-a: 0")
    first, lost = told.shares
    assert first.request_headers.set["x-a"] == "1"
    assert first.response_headers.set == {"via": "1.1 weir"}
    assert lost.request_headers.set == {}


def test_time_and_draws_are_those_of_the_question() -> None:
    more = """\
        apiVersion: weir.dev/v1
        kind: TrafficPolicy
        metadata: {name: later, namespace: shop}
        spec:
          when: 'now >= timestamp("2030-01-01T00:00:00Z")'
          targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders}]
          access: {sources: {allow: [10.0.0.0/8]}}
        """
    of = snapshot(more)
    question = Question.of("GET", "http://api.shop.example:8080/orders", (), "192.0.2.1")
    early, late = (
        explain(of, dataclasses.replace(question, now_s=now_s), {}, environment(compile_condition))
        for now_s in (1_764_000_000.0, 1_900_000_000.0)
    )
    assert (early.outcome, late.refused_by) == ("Forwarded", "access.sources")


async def test_endpoints_of_another_lane_are_told_apart() -> None:
    more = """\
        apiVersion: weir.dev/v1
        kind: Backend
        metadata: {name: laned, namespace: shop}
        spec:
          static:
            endpoints:
            - {address: 127.0.0.1, port: 1}
            - {address: 127.0.0.1, port: 2, tags: {lane: canary}}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: laned, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: [laned.shop.example]
          rules:
          - backendRefs: [{group: weir.dev, kind: Backend, name: laned}]
        ---
        apiVersion: weir.dev/v1
        kind: TrafficPolicy
        metadata: {name: laned, namespace: shop}
        spec:
          targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: laned}]
          tags: [{name: lane, value: canary, when: '"x-beta" in request.headers'}]
          lane: {}
        """
    of = snapshot(more)
    views, world = await written_views(of), environment(compile_condition)
    for lines, words, ports in ((["x-beta: 1"], "lane=canary", [2]), ([], "no lane", [1])):
        told = explain(of, Question.of("GET", "http://laned.shop.example:8080/", lines, ""), views, world)
        (share,) = told.shares
        assert share.selection == words
        assert share.endpoints is not None
        assert [each.port for each in share.endpoints if each.eligible] == ports


async def test_endpoints_that_this_gateway_uses_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    more = """\
        apiVersion: weir.dev/v1
        kind: Backend
        metadata: {name: many, namespace: shop}
        spec: {static: {endpoints: [{address: 127.0.0.1, port: 9001}, {address: 127.0.0.1, port: 9002}]}}
        ---
        apiVersion: weir.dev/v1
        kind: BackendPolicy
        metadata: {name: many, namespace: shop}
        spec:
          targetRefs: [{group: weir.dev, kind: Backend, name: many}]
          subset: {maxEndpoints: 1}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: many, namespace: shop}
        spec:
          parentRefs: [{name: edge}]
          hostnames: [many.shop.example]
          rules:
          - backendRefs: [{group: weir.dev, kind: Backend, name: many}]
        """
    of = snapshot(more)
    views = await written_views(of)
    used = []
    for ordinal in ("0", "1"):
        monkeypatch.setenv("WEIR_ORDINAL", ordinal)
        question = Question.of("GET", "http://many.shop.example:8080/")
        (share,) = explain(of, question, views, environment(compile_condition)).shares
        assert share.endpoints is not None
        used += [each.port for each in share.endpoints if each.eligible]
    assert sorted(used) == [9001, 9002]


SPLIT = """\
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {{name: pages, namespace: shop}}
    spec:
      parentRefs: [{{name: edge}}]
      hostnames: [pages.shop.example]
      rules:
      - backendRefs:
        - {{group: weir.dev, kind: Backend, name: orders, weight: {plain}}}
        - group: weir.dev
          kind: Backend
          name: orders
          filters: [{{type: ExtensionRef, extensionRef: {{group: weir.dev, kind: TrafficPolicy, name: own}}}}]
    ---
    apiVersion: weir.dev/v1
    kind: TrafficPolicy
    metadata: {{name: own, namespace: shop}}
    spec: {spec}
    """
DENY = "{access: {sources: {deny: [127.0.0.0/8]}}}"


def test_the_policies_of_a_backend_ref_are_asked_for_its_share_alone() -> None:
    told = ask(snapshot(SPLIT.format(plain=3, spec=DENY)), "GET", "http://pages.shop.example:8080/")
    assert (told.outcome, told.status, told.refused_by, told.policies) == ("Forwarded", None, "", ())
    plain, own = told.shares
    assert (plain.percent, plain.outcome, plain.policies) == (75.0, "Forwarded", ())
    assert (own.percent, own.outcome, own.status, own.refused_by) == (25.0, "Refused", 403, "access.sources")
    assert [said.said for said in own.policies] == [
        "refuses it with 403: 127.0.0.1 is in 127.0.0.0/8, which is refused"
    ]


@pytest.mark.parametrize(
    ("spec", "outcome", "status"),
    [
        (DENY, "Refused", 403),
        ("{directResponse: {status: 204}}", "Answered", 204),
        ("{bodyBytes: 1Ki}", "Misconfigured", 500),
        ("{maintenance: {exceptWhen: 'true'}}", "Forwarded", None),
    ],
)
def test_where_all_requests_are_of_one_share_its_fate_is_that_of_the_request(
    spec: str, outcome: str, status: int | None
) -> None:
    told = ask(snapshot(SPLIT.format(plain=0, spec=spec)), "GET", "http://pages.shop.example:8080/")
    assert (told.outcome, told.status) == (outcome, status)
    own = next(share for share in told.shares if share.weight)
    assert (own.outcome, own.status) == (outcome, status)
