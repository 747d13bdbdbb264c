"""Values by the names that a configuration gives."""

from __future__ import annotations

import pytest

from policies.expressions.named_values import named_value
from tests.support.subjects import subject


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ({"header": "X-User"}, b"alice"),
        ({"cookie": "uid"}, "7"),
        ({"query": "q"}, "a b"),
        ({"tag": "tier"}, "gold"),
        ({"claim": "sub"}, "bob"),
    ],
)
def test_each_place_is_read(place: dict[str, str], found: object) -> None:
    asking = subject("x-user: alice", "Cookie: uid=7", target="/?q=a%20b")
    asking.tags["tier"] = "gold"
    asking.claims = {"sub": "bob"}
    value = named_value(**place)
    assert value is not None
    assert value.read(asking) == found
    assert value.read(subject()) is None


def test_no_name_is_no_value() -> None:
    assert named_value() is None
