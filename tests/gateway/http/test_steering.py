"""The backend and the endpoints of a request that is sent by hand."""

from __future__ import annotations

import random
from collections import Counter

from config.snapshot import Match, PathMatch, RouteTimeouts, Rule, RuleName, WeightedBackend
from discovery.balancing.subset import Selection
from gateway.http.steering import selection_of, steered_choice
from policies.chain import Plan, compile_rule
from policies.steering.steered import Steered

AT = Steered("debug", None, "10.0.0.5:80", {})


def split(**weights: int) -> Plan:
    shares = tuple(WeightedBackend(name, weight) for name, weight in weights.items())
    match = Match(PathMatch("PathPrefix", "/"))
    rule = Rule(RuleName("HTTPRoute", "d", "r", 0), (match,), (), shares, RouteTimeouts())
    (plan,) = compile_rule(rule, request_s=0.0, backend_request_s=0.0, random=random.Random(1), session_key=b"")
    return plan


def chosen(plan: Plan, steered: Steered, *having: str) -> Counter[str | None]:
    """Backends of ten requests, where those `having` it have the endpoint."""
    return Counter(steered_choice(plan, None, steered, lambda name, _: name in having).backend for _ in range(10))


def test_an_endpoint_or_tags_select_and_a_backend_alone_does_not() -> None:
    assert selection_of(AT) == Selection((), (), "None", "10.0.0.5:80")
    tagged = Steered("v2", None, "", {"version": "v2", "zone": "a"})
    assert selection_of(tagged) == Selection(("version", "zone"), ("v2", "a"), "None")
    assert selection_of(Steered("old", WeightedBackend("x", 1), "", {})) is None


def test_the_backend_that_is_named_goes_before_the_split() -> None:
    assert chosen(split(a=1, b=1), AT._replace(to=WeightedBackend("c", 1)), "a") == {"c": 10}


def test_the_backend_that_has_the_endpoint_is_found() -> None:
    assert chosen(split(a=9, b=1), AT, "b") == {"b": 10}
    assert chosen(split(a=1, b=0), AT, "b") == {"b": 10}


def test_among_several_that_have_it_the_split_counts() -> None:
    assert chosen(split(a=1, b=1, c=0), AT, "a", "b", "c") == {"a": 5, "b": 5}


def test_where_none_has_it_the_split_says_who_lacks_it() -> None:
    assert chosen(split(a=1, b=0), AT) == {"a": 10}
