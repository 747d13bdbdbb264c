"""PolicyTests: what a case must have, and what is no request or expectation."""

from __future__ import annotations

import pytest

from config.resources import policy_test as kind
from tests.config.resources.own_kinds import read, refusal


def case(request: object = None, expect: object = None) -> dict[str, object]:
    return {
        "cases": [{"name": "a", "request": request or {"url": "http://a/"}, "expect": expect or {"outcome": "NoRoute"}}]
    }


def test_defaults_are_a_get_of_this_machine_now() -> None:
    (found,) = read(kind.PolicyTest, case()).spec.cases
    assert (found.request.method, found.request.source, found.request.now, found.request.draw) == (
        "GET",
        None,
        None,
        None,
    )
    assert found.expect.model_fields_set == {"outcome"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"cases": []}, "at least 1 item"),
        ({"cases": case()["cases"] * 2}, "duplicate name: a"),  # type: ignore[operator]
        (case(expect={"status": 99}), "greater than or equal to 100"),
        (case(expect={"outcome": "Lost"}), "Input should be"),
        (case(expect={"backend": "a", "backends": {"a": 100.0}}), "at most one of backend, backends"),
        (case(request={"url": "http://a/", "now": "noon"}), "a time of RFC 3339"),
        (case(request={"url": "http://a/", "draw": 1.0}), "less than 1"),
        (case(request={"url": "http://a/", "source": "here"}), "an IP address is expected"),
        (case(request={"url": "http://a/", "headers": [{"name": "a", "value": "1\r\nb: 2"}]}), "match pattern"),
        (case(request={"url": ""}), "at least 1 character"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(kind.PolicyTest, spec)


def test_an_expectation_of_nothing_is_refused() -> None:
    nothing = {"cases": [{"name": "a", "request": {"url": "http://a/"}, "expect": {}}]}
    assert "nothing is expected" in refusal(kind.PolicyTest, nothing)
