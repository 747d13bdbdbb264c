"""Steering in words."""

from __future__ import annotations

from config.snapshot import WeightedBackend
from policies.steering.steered import Steered


def test_it_says_by_what_where_and_how_long() -> None:
    steered = Steered("debug", WeightedBackend("shop/legacy", 1), "10.0.0.5:80", {}, "2026-12-31T18:00:00Z")
    assert steered.words == (
        "steers it by debug to backend shop/legacy, endpoint 10.0.0.5:80, until 2026-12-31T18:00:00Z"
    )
    assert Steered("v2", None, "", {"version": "v2"}).words == "steers it by v2 to endpoints with version=v2"
    lost = Steered("debug", WeightedBackend(None, 1, (), "there is none"), "", {})
    assert lost.words == "steers it by debug to nowhere: there is none"
