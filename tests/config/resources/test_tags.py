"""Tags: where a value comes from, and what is no tag."""

from __future__ import annotations

import pytest

from config.resources.traffic_policy import TrafficPolicy
from tests.config.resources.own_kinds import read, refusal


def tag(**fields: object) -> dict[str, object]:
    return {"tags": [{"name": "lane", **fields}]}


def test_tag_has_a_value_or_a_source() -> None:
    by_value, by_header = (
        read(TrafficPolicy, tag(**fields)).spec.tags[0]
        for fields in ({"value": "canary"}, {"valueFrom": {"header": "x-lane"}, "allowed": ["canary"]})
    )
    assert (by_value.value, by_value.in_metrics) == ("canary", False)
    assert by_header.value_from is not None and by_header.value_from.header == "x-lane"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (tag(), "exactly one of value, valueFrom must be set, not none"),
        (tag(value="a", valueFrom={"header": "b"}), "not value and valueFrom"),
        (tag(valueFrom={}), "exactly one of header, cookie, query, claim, identity, tenant"),
        (tag(valueFrom={"header": "a", "identity": True}), "not header and identity"),
        (tag(value="a", percent=101), "less than or equal to 100"),
        ({"tags": [{"name": "1a", "value": "b"}]}, "should match pattern"),
        (tag(value=""), "at least 1 character"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(TrafficPolicy, spec)
