"""Filters that HTTPRoute and GRPCRoute share."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.header_filters import (
    Fraction,
    GRPCHeader,
    HTTPHeader,
    HTTPHeaderFilter,
    RequestMirrorFilter,
    check_single,
)

REF = {"name": "a", "port": 1}


@pytest.mark.parametrize("value", ["a", "a b", "a\tb", 'a;b="c"'])
def test_value_is_visible_ascii_with_single_blanks(value: str) -> None:
    assert HTTPHeader(name="x", value=value).value == value


@pytest.mark.parametrize("value", ["", " a", "a ", "a  b", "a\r\nb: c", "a\nb", "a\0", "é", "x" * 4097])
def test_other_values_are_refused(value: str) -> None:
    with pytest.raises(ValidationError, match=r"String should (match pattern|have at (least 1|most 4096) character)"):
        HTTPHeader(name="x", value=value)


def test_value_of_a_grpc_route_is_any_text() -> None:
    """By the CRD; `config.binding.filter_values` keeps out what would break a message."""
    assert GRPCHeader(name="x", value="a  b").value == "a  b"


@pytest.mark.parametrize("name", ["", "a b", "a:", "é", "x" * 257])
def test_name_is_a_token(name: str) -> None:
    with pytest.raises(ValidationError, match=r"String should (match pattern|have at (least 1|most 256) character)"):
        HTTPHeader(name=name, value="a")


@pytest.mark.parametrize("action", ["set", "add", "remove"])
def test_header_is_named_once_in_each_action(action: str) -> None:
    entry: object = "x" if action == "remove" else {"name": "x", "value": "y"}
    with pytest.raises(ValidationError, match="duplicate"):
        HTTPHeaderFilter.model_validate({action: [entry, entry]})


def test_mirror_says_its_share_in_one_way() -> None:
    assert RequestMirrorFilter.model_validate({"backendRef": REF, "percent": 0}).percent == 0
    with pytest.raises(ValidationError, match="Only one of percent or fraction"):
        RequestMirrorFilter.model_validate({"backendRef": REF, "percent": 1, "fraction": {"numerator": 1}})


def test_fraction_is_at_most_one_and_of_a_hundred_unless_told() -> None:
    assert Fraction(numerator=5).denominator == 100
    assert Fraction(numerator=3, denominator=3).numerator == 3
    with pytest.raises(ValidationError, match="less than or equal to denominator"):
        Fraction(numerator=4, denominator=3)


def test_some_filters_stand_once() -> None:
    check_single(["A", "B", "B"], frozenset("A"))
    with pytest.raises(ValueError, match="A filter cannot be repeated"):
        check_single(["A", "B", "A"], frozenset("A"))
