"""Tags by rule, by draw and from the request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from pydantic import ValidationError

from config.resources.tags import Tag
from policies.subject import Subject
from policies.tags.marking import compile_tags
from tests.support.subjects import environment, subject


def marked(asking: Subject, *specs: Mapping[str, object]) -> dict[str, str]:
    step = compile_tags(tuple(Tag.model_validate(spec) for spec in specs), environment())
    assert step is not None
    step.decide(asking)
    return asking.tags


def test_no_tags_are_no_step() -> None:
    assert compile_tags((), environment()) is None


def test_the_first_of_a_name_that_applies_counts() -> None:
    specs: list[dict[str, object]] = [
        {"name": "lane", "value": "a", "when": "tier=gold"},
        {"name": "lane", "value": "b"},
        {"name": "lane", "value": "c"},
        {"name": "seen", "value": "yes", "when": "lane=b"},
    ]
    assert marked(subject(), *specs) == {"lane": "b", "seen": "yes"}


def test_what_a_trusted_client_said_stays() -> None:
    asking = subject()
    asking.tags["lane"] = "theirs"
    assert marked(asking, {"name": "lane", "value": "ours"}) == {"lane": "theirs"}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"header": "X-Tier"}, "gold"),
        ({"cookie": "tier"}, "silver"),
        ({"query": "tier"}, "tin"),
        ({"claim": "plan"}, "pro"),
        ({"claim": "admin"}, "true"),
        ({"claim": "age"}, "7"),
        ({"claim": "list"}, None),
        ({"claim": "missing"}, None),
        ({"identity": True}, "spiffe://x/alice"),
        ({"tenant": True}, "shop"),
        ({"header": "x-long"}, None),
        ({"query": "control"}, None),
    ],
)
def test_values_come_from_the_request(source: dict[str, object], value: str | None) -> None:
    asking = subject("x-tier: gold", "Cookie: tier=silver", f"X-Long: {'x' * 254}", target="/?tier=tin&control=a%0ab")
    asking.identity, asking.tenant = "spiffe://x/alice", "shop"
    asking.claims = {"plan": "pro", "admin": True, "age": 7, "list": ["a"]}
    assert marked(asking, {"name": "t", "valueFrom": source}).get("t") == value


def test_values_that_are_not_allowed_become_the_default() -> None:
    spec = {"name": "tier", "valueFrom": {"header": "x-tier"}, "allowed": ["gold", "silver"]}
    assert marked(subject("X-Tier: gold"), spec) == {"tier": "gold"}
    assert marked(subject("X-Tier: tin"), spec) == {}
    assert marked(subject("X-Tier: tin"), {**spec, "default": "silver"}) == {"tier": "silver"}
    assert marked(subject(), {**spec, "default": "silver"}) == {"tier": "silver"}


def test_a_draw_gives_the_tag_to_its_percentage() -> None:
    spec = {"name": "lane", "value": "canary", "percent": 12.5}
    assert marked(subject(draw=lambda: 0.1249), spec) == {"lane": "canary"}
    assert marked(subject(draw=lambda: 0.125), spec) == {}
    assert marked(subject(draw=lambda: 0.0), {**spec, "percent": 0}) == {}
    assert marked(subject(draw=lambda: 0.9999), {**spec, "percent": 100}) == {"lane": "canary"}


def test_sticky_splits_of_100_000_users_meet_their_shares_and_never_change() -> None:
    """Chi-square of 2 degrees of freedom: 13.8 is passed by one even draw in a thousand; the users here are fixed."""
    sticky = [{"header": "x-user"}]
    specs: list[dict[str, object]] = [
        {"name": "lane", "value": "canary", "percent": 5, "sticky": sticky},
        {"name": "lane", "value": "beta", "percent": 10, "sticky": sticky},
    ]
    step = compile_tags(tuple(Tag.model_validate(spec) for spec in specs), environment())
    again = compile_tags(tuple(Tag.model_validate({**spec, "percent": 20}) for spec in specs), environment())
    assert step is not None and again is not None
    counts: Counter[str] = Counter()
    for asking in users(100_000):
        step.decide(asking)
        lane = asking.tags.pop("lane", "")
        counts[lane] += 1
        if lane == "canary":
            again.decide(asking)
            # A share that grows keeps whom it had.
            assert asking.tags == {"lane": "canary"}
    expected = {"canary": 5_000.0, "beta": 9_500.0, "": 85_500.0}
    assert sum((counts[lane] - mean) ** 2 / mean for lane, mean in expected.items()) < 13.8


class User:
    """A head with one field, as a whole one takes ten times as long to make 100,000 times."""

    def __init__(self, number: int) -> None:
        self._value = b"user-%d" % number

    def get_all(self, name: bytes) -> list[bytes]:
        return [self._value] if name == b"x-user" else []


def users(count: int) -> Iterator[Subject]:
    like = subject()
    for number in range(count):
        yield Subject(
            User(number),  # type: ignore[arg-type]
            route=like.route,
            scheme=like.scheme,
            address=like.address,
            peer=like.peer,
            port=like.port,
            now_s=like.now_s,
            draw=like.draw,
        )


def test_tags_that_show_in_metrics_are_noted() -> None:
    asking = subject()
    shown = {"value": "a", "inMetrics": True}
    marked(asking, {"name": "lane", **shown}, {"name": "user", "value": "b"}, {"name": "lane", **shown})
    assert asking.metric_tags == ("lane",)


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "lane", "valueFrom": {"header": "x"}, "inMetrics": True},
        {"name": "lane"},
        {"name": "lane", "value": "a", "valueFrom": {"header": "x"}},
        {"name": "lane", "value": "a\r\nb"},
        {"name": "9", "value": "a"},
        {"name": "lane", "valueFrom": {"header": "x", "cookie": "y"}},
    ],
)
def test_what_is_no_tag_is_refused_when_it_is_loaded(spec: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Tag.model_validate(spec)
