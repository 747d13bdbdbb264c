"""PolicyTests on a snapshot: results in order, and the rules that nobody reached."""

from __future__ import annotations

from config.load import load
from config.sources.text import SourceText
from gateway.policy_tests.run import Report, run_tests
from gateway.policy_world import compile_condition
from tests.support.subjects import environment
from tests.support.weir_command import ROUTES

CASES = """\
---
apiVersion: weir.dev/v1
kind: PolicyTest
metadata: {name: t, namespace: shop}
spec:
  cases:
"""
READ = '  - {name: read, request: {url: "http://api.shop.example/orders"}, expect: {rule: read}}\n'
OLD = """\
  - name: old
    request: {url: "http://api.shop.example/old", headers: [{name: x-b, value: "1"}]}
    expect: {status: 302}
"""
BAD = '  - {name: bad, request: {url: "api.shop.example"}, expect: {status: 404}}\n'


def run(*cases: str) -> Report:
    text = ROUTES.format(port=8080, admin=9901, tokens="") + CASES + "".join(cases)
    loaded = load([SourceText("t.yaml", text.encode())], generation=1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    return run_tests(loaded, loaded.snapshot, environment(compile_condition))


def test_results_are_in_order_with_place_and_mismatch() -> None:
    report = run(READ, OLD)
    read, old = report.results
    assert (read.passed, old.passed, report.failed) == (True, False, 1)
    assert [(each.field, each.expected, each.came) for each in old.mismatches] == [("status", "302", "301")]
    file, line, column = old.place.split(":")
    assert (file, int(column)) == ("t.yaml", 5)
    assert int(line) == ROUTES.count("\n") + CASES.count("\n") + 2


def test_rules_that_no_case_reaches_are_named_with_their_place() -> None:
    assert run(READ, OLD).unreached == ()
    report = run(READ)
    assert report.rules == 2
    (unreached,) = report.unreached
    assert (unreached.route, unreached.rule) == ("HTTPRoute shop/orders", "moved")
    assert unreached.place.startswith("t.yaml:")


def test_what_is_no_request_fails_its_case_alone() -> None:
    bad, read = run(BAD, READ).results
    assert read.passed
    assert bad.told is None
    assert "is no URL" in bad.mismatches[0].hint


SHARED = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: pages, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [pages.shop.example]
  rules:
  - backendRefs:
    - group: weir.dev
      kind: Backend
      name: orders
      filters: [{type: ExtensionRef, extensionRef: {group: weir.dev, kind: TrafficPolicy, name: own}}]
---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {name: own, namespace: shop}
spec: {access: {sources: {deny: [10.0.0.0/8]}}}
"""


def test_a_policy_of_a_backend_ref_refuses_as_the_gateway_does() -> None:
    case = "  - {{name: {0}, request: {{url: 'http://pages.shop.example/', source: {0}}}, expect: {1}}}\n"
    refused = case.format("10.0.0.1", "{outcome: Refused, status: 403, refusedBy: access.sources}")
    let_in = case.format("192.0.2.1", "{outcome: Forwarded, backend: orders}")
    report = run(refused, let_in, SHARED)
    assert [result.mismatches for result in report.results] == [(), ()]
