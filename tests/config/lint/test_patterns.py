"""Patterns that are no more than a prefix or an exact path: held against RE2 for what they take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lint.patterns import plain
from config.snapshot import Match, PathMatch
from gateway.hot.patterns import fullmatch
from gateway.http.router import path_matches


@pytest.mark.parametrize(
    ("pattern", "kind", "value"),
    [
        ("/a", "Exact", "/a"),
        ("^/a/b$", "Exact", "/a/b"),
        (r"/a\.b", "Exact", "/a.b"),
        (".*", "PathPrefix", "/"),
        ("/.*", "PathPrefix", "/"),
        ("/a(/.*)?", "PathPrefix", "/a"),
        ("^/a(?:/.*)?$", "PathPrefix", "/a"),
        ("/a(|/.*)", "PathPrefix", "/a"),
    ],
)
def test_what_people_write_is_seen(pattern: str, kind: str, value: str) -> None:
    found = plain(pattern)
    assert found is not None
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    "pattern", ["/a.*", "/a/.*", "/a/[0-9]+", "/a|/b", "/a?", "", r"/\d", "(/a)(/.*)?", "/a/(/.*)?"]
)
def test_what_says_more_is_left_alone(pattern: str) -> None:
    assert plain(pattern) is None


@given(
    st.text("/ab.*?()|^$\\", max_size=8),
    st.sampled_from(["", "(/.*)?", "(|/.*)"]),
    st.lists(st.text("/ab.", max_size=6), min_size=1),
)
def test_it_takes_the_same_paths_as_the_pattern(stem: str, below: str, paths: list[str]) -> None:
    pattern = f"/{stem}{below}"
    found = plain(pattern)
    if found is None:
        return
    taken = fullmatch(pattern.encode())
    same = Match(PathMatch(found.kind, found.value))
    for path in paths:
        octets = f"/{path}".encode()
        assert (taken(octets) is not None) == path_matches(same, octets), (pattern, path)
