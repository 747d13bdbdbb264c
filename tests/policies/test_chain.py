"""Rules compiled into plans: what each share of the traffic meets."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from config.snapshot import (
    CORS,
    ExternalAuth,
    Filter,
    HeaderEdit,
    Match,
    Mirror,
    PathMatch,
    PathReplacement,
    Redirect,
    RequestHeaders,
    ResponseHeaders,
    Rewrite,
    RouteTimeouts,
    Rule,
    RuleName,
    Unsupported,
    WeightedBackend,
)
from policies.chain import Plan, compile_rule
from policies.step import Step
from tests.support.subjects import subject


def compiled(backends: tuple[WeightedBackend, ...], filters: tuple[Filter, ...] = ()) -> Plan:
    rule = Rule(
        RuleName("HTTPRoute", "shop", "orders", 0, "read"),
        (Match(PathMatch("PathPrefix", "/orders"), method="GET"),),
        filters,
        backends,
        RouteTimeouts(2.0, None),
    )
    (plan,) = compile_rule(rule, request_s=0.0, backend_request_s=0.0, random=random.Random(1), session_key=b"")
    return plan


def test_a_plan_carries_name_method_path_and_times() -> None:
    plan = compiled((WeightedBackend("shop/orders", 1),))
    assert (plan.name, plan.method, plan.matched) == ("shop/orders/read", b"GET", b"/orders")
    assert (plan.timeouts.request_s, plan.timeouts.backend_request_s) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((None, None), (2.0, 0.0)),
        ((None, 1.5), (2.0, 1.5)),
        ((1.0, 1.5), (1.0, 1.0)),
        ((0.0, 9.0), (0.0, 9.0)),
        ((0.0, None), (0.0, 0.0)),
    ],
)
def test_times_of_policies_go_before_those_of_a_plan_and_are_worked_out_once(
    own: tuple[float | None, float | None], expected: tuple[float, float]
) -> None:
    plan = compiled((WeightedBackend("a", 1),))
    found = plan.timeouts_under(*own)
    assert (found.request_s, found.backend_request_s) == expected
    assert plan.timeouts_under(7.0, 3.0) is not found
    assert plan.timeouts_under(*own) is found


def test_shares_are_exact_and_zero_takes_none() -> None:
    plan = compiled((WeightedBackend("a", 9), WeightedBackend("b", 1), WeightedBackend("c", 0)))
    assert Counter(plan.choose().backend for _ in range(1000)) == {"a": 900, "b": 100}


def test_a_key_draws_the_same_share_each_time_and_the_others_go_on_in_turn() -> None:
    shares = (WeightedBackend("a", 9), WeightedBackend("b", 1), WeightedBackend("c", 0), WeightedBackend("b", 1))
    plan, again = compiled(shares), compiled(shares[::-1])
    asking, counts = subject(), Counter[str | None]()
    for number in range(1100):
        asking.split_key = b"user-%d" % number
        chosen = plan.choose(asking).backend
        assert chosen == plan.choose(asking).backend == again.choose(asking).backend
        counts[chosen] += 1
    assert counts["c"] == 0
    assert 150 < counts["b"] < 250
    asking.split_key = None
    assert Counter(plan.choose(asking).backend for _ in range(1100)) == {"a": 900, "b": 200}


def test_all_weights_zero_is_a_500_that_says_why() -> None:
    choice = compiled((WeightedBackend("a", 0),)).choose()
    assert choice.backend is None
    assert "weight 0" in choice.problem


def test_an_unresolved_backend_keeps_its_share() -> None:
    plan = compiled((WeightedBackend("a", 1), WeightedBackend(None, 1, (), "there is no Backend shop/b")))
    counts = Counter(plan.choose().problem for _ in range(10))
    assert counts == {"": 5, "there is no Backend shop/b": 5}


def test_filters_of_the_share_come_behind_those_of_the_rule() -> None:
    ours = RequestHeaders(HeaderEdit(set=(("x-a", "rule"),)))
    theirs = RequestHeaders(HeaderEdit(set=(("x-a", "share"),)))
    choice = compiled((WeightedBackend("a", 1, (theirs,)),), (ours,)).choose()
    assert choice.request_drop == {b"x-a"}
    assert choice.request_extra == b"x-a: share\r\n"
    assert choice.filters == (ours, theirs)


def test_response_edits_leave_the_request_alone() -> None:
    edit = ResponseHeaders(HeaderEdit(set=(("cache-control", "no-store"),), remove=("server",)))
    choice = compiled((WeightedBackend("a", 1),), (edit,)).choose()
    assert choice.request_drop == frozenset()
    assert choice.response_drop == {b"cache-control", b"server"}
    assert choice.response_drop_via == {b"cache-control", b"server", b"via"}
    assert choice.response_extra == b"cache-control: no-store\r\n"


def test_a_redirect_needs_no_backend() -> None:
    choice = compiled((), (Redirect("https", None, None, None, 301),)).choose()
    assert choice.redirect is not None
    assert choice.backend is None


def test_a_host_that_a_header_filter_sets_is_a_rewrite_of_it() -> None:
    edit = RequestHeaders(HeaderEdit(set=(("Host", "inner.example"),)))
    choice = compiled((WeightedBackend("a", 1),), (edit,)).choose()
    assert choice.rewrite is not None
    assert choice.rewrite.apply(b"/orders/1", b"", b"/orders") == (b"/orders/1", b"inner.example")
    both = compiled(
        (WeightedBackend("a", 1),), (edit, Rewrite(None, PathReplacement("ReplacePrefixMatch", "/")))
    ).choose()
    assert both.rewrite is not None
    assert both.rewrite.apply(b"/orders/1", b"", b"/orders") == (b"/1", b"inner.example")


def test_mirrors_are_kept_in_order() -> None:
    choice = compiled((WeightedBackend("a", 1),), (Mirror("m", 1, 2), Mirror(None, 1, 1))).choose()
    assert [mirror.backend for mirror in choice.mirrors] == ["m", None]


def test_a_filter_that_is_not_carried_out_makes_a_500_of_its_traffic() -> None:
    choice = compiled((WeightedBackend("a", 1),), (Unsupported("ExternalAuth"),)).choose()
    assert choice.backend is None
    assert "ExternalAuth" in choice.problem


def test_cors_of_a_rule_is_its_first_step_and_that_of_a_backend_ref_its_own() -> None:
    cors = CORS(("https://a.example",))
    plan = compiled((WeightedBackend("a", 1, (cors,)), WeightedBackend("b", 1)), (cors,))
    assert [step.name for step in plan.steps] == ["CORS"]
    assert [choice.cors is not None for choice in plan.choices] == [True, False]
    assert compiled((WeightedBackend("a", 1),)).steps == ()


def test_a_request_that_is_sent_elsewhere_keeps_to_the_filters_of_the_rule() -> None:
    drop = RequestHeaders(HeaderEdit(remove=("x-a",)))
    own = RequestHeaders(HeaderEdit(remove=("x-b",)))
    plan = compiled((WeightedBackend("shop/orders", 1), WeightedBackend("shop/new", 0, (own,))), (drop,))
    legacy = plan.steered_to(WeightedBackend("shop/legacy", 1))
    assert (legacy.backend, set(legacy.request_drop)) == ("shop/legacy", {b"x-a"})
    assert plan.steered_to(WeightedBackend("shop/legacy", 1)) is legacy
    # With those of its backendRef, where the rule has one.
    assert plan.steered_to(WeightedBackend("shop/new", 1)).request_drop == {b"x-a", b"x-b"}
    lost = plan.steered_to(WeightedBackend(None, 1, (), "there is none"))
    assert (lost.backend, lost.problem) == (None, "there is none")
    assert {plan.choose().backend for _ in range(4)} == {"shop/orders"}


def test_steps_of_a_share_are_its_own_and_those_that_ask_a_server_stand_among_them() -> None:
    class Named(Step):
        def __init__(self, name: str) -> None:
            self.name = name

    sources, fault = Named("access.sources"), Named("fault.abort")
    backends = (WeightedBackend("a", 1), WeightedBackend("b", 1, (ExternalAuth("auth"),)))
    (plan,) = compile_rule(
        Rule(RuleName("HTTPRoute", "shop", "orders", 0), (Match(PathMatch("PathPrefix", "/")),), (), backends),
        request_s=0.0,
        backend_request_s=0.0,
        random=random.Random(1),
        session_key=b"",
        share_steps=((fault,), (sources, fault)),
    )
    assert plan.steps == ()
    own, other = plan.choices
    assert own.steps == (fault,)
    assert [step.name for step in other.steps] == ["access.sources", "ExternalAuth", "fault.abort"]
    assert plan.steered_to(WeightedBackend("a", 1)) is own
    assert plan.steered_to(WeightedBackend("c", 1)).steps == ()
