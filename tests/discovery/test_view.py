"""A view holds what it was made of."""

from __future__ import annotations

from discovery.view import View
from tests.support.endpoints import endpoints, states


def test_view_holds_what_it_was_made_of() -> None:
    members, held = endpoints([1, 2]), states([1, 2])
    view = View(members, held, None, 3, "consul", 12.0)
    assert (view.endpoints, view.states, view.balancer) == (members, held, None)
    assert (view.generation, view.source, view.as_of_s) == (3, "consul", 12.0)
