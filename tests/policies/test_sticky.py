"""Draws by key: even, the same each time, and independent of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from config.resources.backend_policy import HashKey
from policies.sticky import StickyDraw, share
from tests.support.subjects import subject

CHI_SQUARE_19_999 = 43.82
"""Of 19 degrees of freedom, passed by one even draw in a thousand; keys and salts are fixed, so it is never chance."""


def keys(*specs: Mapping[str, object]) -> list[HashKey]:
    return [HashKey.model_validate(spec) for spec in specs]


def chi_square(counts: Counter[int], expected: Mapping[int, float]) -> float:
    return sum((counts[cell] - mean) ** 2 / mean for cell, mean in expected.items())


def test_100_000_keys_fall_evenly() -> None:
    counts = Counter(int(share(b"user-%d" % number, b"lane=canary") * 20) for number in range(100_000))
    assert chi_square(counts, dict.fromkeys(range(20), 5000.0)) < CHI_SQUARE_19_999


def test_draws_of_one_key_by_two_salts_are_independent() -> None:
    cells = Counter(
        int(share(b"user-%d" % number, b"lane=a") * 5) * 4 + int(share(b"user-%d" % number, b"lane=b") * 4)
        for number in range(100_000)
    )
    assert chi_square(cells, dict.fromkeys(range(20), 5000.0)) < CHI_SQUARE_19_999


def test_the_first_key_that_the_request_has_decides() -> None:
    draw = StickyDraw(keys({"header": "X-User"}, {"query": "user"}, {"sourceIP": True}), "lane=canary")
    by_header = draw.number(subject("X-User: alice", target="/?user=bob"))
    assert by_header == draw.number(subject("X-User: alice", address="192.0.2.9"))
    by_query = draw.number(subject(target="/?user=alice"))
    assert by_query == by_header
    by_address = draw.number(subject("X-User:"))
    assert by_address not in (by_header, draw.number(subject(address="192.0.2.9")))


@pytest.mark.parametrize(
    ("key", "one", "same", "other"),
    [
        ({"cookie": {"name": "uid"}}, ["Cookie: uid=a"], ["Cookie: x=1; uid=a"], ["Cookie: uid=b"]),
        ({"tag": "tier"}, [], [], None),
        ({"path": True}, [], ["X: y"], None),
    ],
)
def test_every_kind_of_key_is_read(
    key: Mapping[str, object], one: list[str], same: list[str], other: list[str] | None
) -> None:
    draw = StickyDraw(keys(key), "x")
    asking = [subject(*lines, draw=lambda: 2.0) for lines in (one, same, other or [])]
    for each in asking:
        each.tags["tier"] = "gold"
    numbers = [draw.number(each) for each in asking]
    assert numbers[0] == numbers[1]
    assert numbers[0] < 1.0
    if other is not None:
        assert numbers[2] != numbers[0]


def test_without_a_key_each_request_is_drawn_anew() -> None:
    assert StickyDraw(keys({"header": "x-user"}), "x").number(subject(draw=lambda: 0.25)) == 0.25


def test_a_client_without_the_cookie_is_given_one_that_draws_the_same() -> None:
    drawn = iter([0.1, 0.2])
    spec = keys({"cookie": {"name": "uid", "ttl": "1h", "path": "/shop"}})
    asking = subject(draw=lambda: next(drawn))
    number = StickyDraw(spec, "lane=a").number(asking)
    other = StickyDraw(spec, "lane=b").number(asking)
    assert other != number
    (line,) = asking.response_lines
    name, _, rest = line.decode().partition("set-cookie: uid=")
    value, _, attributes = rest.partition("; ")
    assert (name, len(value)) == ("", 28)
    assert attributes == "Path=/shop; HttpOnly; SameSite=Lax; Max-Age=3600\r\n"
    assert StickyDraw(spec, "lane=a").number(subject(f"Cookie: uid={value}")) == number
    # A cookie that the endpoint sets stays beside it.
    assert not asking.response_drop
