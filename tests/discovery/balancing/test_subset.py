"""Endpoints by their tags."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from discovery.balancing.subset import Following, Selection, by_tags
from discovery.lease import EndpointState
from tests.support.endpoints import endpoint

TAGS = st.dictionaries(st.sampled_from(["lane", "version", "zone"]), st.sampled_from(["a", "b"]))


@given(st.lists(TAGS), TAGS)
def test_those_that_agree_have_the_same_or_neither_has_it(
    members: list[dict[str, str]], request: dict[str, str]
) -> None:
    states = [EndpointState(replace(endpoint(number), tags=tags)) for number, tags in enumerate(members)]
    selection = Following(("lane", "version"), "None").selection(request)
    groups = by_tags(states, selection.names)
    agreeing = [
        state
        for state in states
        if all(state.endpoint.tags.get(name) == request.get(name) for name in ("lane", "version"))
    ]
    assert list(groups.get(selection.values, ())) == agreeing
    assert sum(len(group) for group in groups.values()) == len(states)


def test_a_selection_says_what_it_is_for() -> None:
    assert Following(("lane", "tier"), "Any").selection({"lane": "canary"}).words == "lane=canary, no tier"
    assert Selection((), (), "None", "127.0.0.1:80").words == "endpoint 127.0.0.1:80"
