"""The compiled set: names, keys and the precedence between matches."""

from __future__ import annotations

import pickle
import random

import pytest

from config.snapshot import Match, PathMatch, Port, Rule, RuleName, ValueMatch, match_precedence, owner_of

HEADER = ValueMatch("a", "Exact", "1")


def exact(value: str, **parts: object) -> Match:
    return Match(PathMatch("Exact", value), **parts)  # type: ignore[arg-type]


def prefix(value: str, **parts: object) -> Match:
    return Match(PathMatch("PathPrefix", value), **parts)  # type: ignore[arg-type]


def regex(value: str) -> Match:
    return Match(PathMatch("RegularExpression", value))


IN_ORDER = [
    exact("/a/b", method="GET"),
    exact("/a/b", headers=(HEADER,)),
    exact("/a/b"),
    exact("/a"),
    regex("/a/.*"),
    regex("/.*"),
    prefix("/a/b/c"),
    prefix("/a/b", method="GET", headers=(HEADER,)),
    prefix("/a/b", method="GET", query=(HEADER, HEADER)),
    prefix("/a/b", method="GET", query=(HEADER,)),
    prefix("/a/b", headers=(HEADER, HEADER)),
    prefix("/a/b", headers=(HEADER,)),
    prefix("/a/b", query=(HEADER, HEADER)),
    prefix("/a/b"),
    prefix("/"),
]


def test_precedence_is_that_of_the_crd() -> None:
    """Exact path, longest prefix, method, most headers, most query parameters; regular expressions before prefixes."""
    shuffled = list(IN_ORDER)
    random.Random(1).shuffle(shuffled)
    assert sorted(shuffled, key=match_precedence) == IN_ORDER


@pytest.mark.parametrize("value", ["/a/", "/a//"])
def test_slash_at_the_end_of_a_prefix_does_not_count(value: str) -> None:
    assert match_precedence(prefix(value)) == match_precedence(prefix("/a"))


def test_slash_at_the_end_of_an_exact_path_counts() -> None:
    assert match_precedence(exact("/a/")) < match_precedence(exact("/a"))


def test_rule_goes_by_its_name_or_its_position() -> None:
    assert str(RuleName("HTTPRoute", "shop", "orders", 0, "read")) == "shop/orders/read"
    assert str(RuleName("HTTPRoute", "shop", "orders", 2)) == "shop/orders/2"


@pytest.mark.parametrize(
    ("address", "protocol", "key"),
    [("", "HTTP", ":80/tcp"), ("::1", "UDP", "::1:80/udp"), ("1.1.1.1", "TCP", "1.1.1.1:80/tcp")],
)
def test_socket_keeps_its_identity_whatever_its_listeners(address: str, protocol: str, key: str) -> None:
    assert Port(address, 80, protocol, ()).key == key


def test_rules_can_go_to_another_process() -> None:
    rule = Rule(RuleName("HTTPRoute", "shop", "orders", 0), tuple(IN_ORDER), (), ())
    assert pickle.loads(pickle.dumps(rule)) == rule


@pytest.mark.parametrize(
    ("listener", "owner"),
    [
        ("shop/edge/http", ("Gateway", "shop", "edge")),
        ("ListenerSet shop/edge/http", ("ListenerSet", "shop", "edge")),
    ],
)
def test_name_of_a_listener_tells_its_resource(listener: str, owner: tuple[str, str, str]) -> None:
    assert owner_of(listener) == owner
