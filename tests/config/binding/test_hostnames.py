"""Hostnames of listeners and routes: what covers what, and what both have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.binding.hostnames import HostnameSet, covers, intersection

HOSTNAMES = st.sampled_from(["*", "*.example", "a.example", "*.a.example", "b.a.example", "b.example", "example"])


@pytest.mark.parametrize(
    ("pattern", "hostname", "is_covered"),
    [
        ("*", "a.example", True),
        ("*", "*.example", True),
        ("a.example", "a.example", True),
        ("a.example", "b.example", False),
        ("*.example", "a.example", True),
        ("*.example", "b.a.example", True),
        ("*.example", "*.a.example", True),
        ("*.example", "example", False),
        ("*.example", "anexample", False),
        ("*.a.example", "*.example", False),
        ("a.example", "*.example", False),
        ("*.example", "*", False),
    ],
)
def test_wildcard_covers_any_number_of_labels_but_not_none(pattern: str, hostname: str, is_covered: bool) -> None:
    assert covers(pattern, hostname) is is_covered


def test_route_without_hostnames_takes_those_of_the_listener() -> None:
    assert intersection("*.shop.example", ()) == ("*.shop.example",)
    assert intersection("*", ()) == ("*",)


def test_more_specific_of_two_hostnames_is_the_one_in_common() -> None:
    assert intersection("*.shop.example", ["api.shop.example", "api.other.example"]) == ("api.shop.example",)
    assert intersection("api.shop.example", ["*.shop.example"]) == ("api.shop.example",)
    assert intersection("*.a.shop.example", ["*.shop.example"]) == ("*.a.shop.example",)


def test_nothing_in_common_is_empty() -> None:
    assert intersection("shop.example", ["*.shop.example", "other.example"]) == ()


def test_a_hostname_is_in_common_once() -> None:
    assert intersection("api.shop.example", ["*.shop.example", "*.example", "api.shop.example"]) == (
        "api.shop.example",
    )


@given(st.lists(HOSTNAMES, max_size=6), HOSTNAMES)
def test_a_set_overlaps_what_one_of_its_names_does(names: list[str], other: str) -> None:
    taken = HostnameSet()
    for name in names:
        taken.add(name)
    assert taken.overlaps(other) == any(covers(name, other) or covers(other, name) for name in names)
