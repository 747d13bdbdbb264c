"""`RateLimit-Policy` and `RateLimit`, read back as the structured fields that they are."""

from __future__ import annotations

import pytest

from config.resources.rate_limit import RateLimit
from policies.rate_limit.fields import name_item, policy_item, seconds, state_item

RATE = {"requests": 100, "per": "1m"}


@pytest.mark.parametrize(
    ("spec", "item"),
    [
        ({"rate": RATE}, '"a";q=100;w=60'),
        ({"rate": {"requests": 5, "per": "100ms"}}, '"a";q=5'),
        ({"rate": {"requests": 5, "per": "1.5s"}}, '"a";q=5'),
        ({"rate": RATE, "cost": {"bodyBytes": True}}, '"a";q=100;qu="content-bytes";w=60'),
        ({"concurrency": 7}, '"a";q=7;qu="concurrent-requests"'),
    ],
)
def test_the_policy_has_quota_unit_and_window(spec: dict[str, object], item: str) -> None:
    assert policy_item(RateLimit.model_validate({"name": "a", **spec})) == item


def test_the_state_has_what_remains_and_when_all_is_back() -> None:
    assert state_item('"a"', 7, 1) == '"a";r=7;t=1'
    assert state_item('"a"', 0, 2_000_000_001) == '"a";r=0;t=3'
    assert state_item('"a"', 3, 0) == '"a";r=3'


def test_names_become_strings_of_structured_fields() -> None:
    assert name_item("per-user") == '"per-user"'
    assert name_item('a"\\b\r\n\x7fé') == '"a\\"\\\\b"'


def test_seconds_are_rounded_up() -> None:
    assert [seconds(ns) for ns in (0, 1, 1_000_000_000, 1_000_000_001)] == [0, 1, 1, 2]
