"""A request on its way through limits."""

from __future__ import annotations

from policies.rate_limit.passage import Passage


def test_begins_with_nothing_charged_and_nothing_to_tell() -> None:
    passage = Passage()
    assert (passage.undo, passage.entered, passage.policies, passage.items, passage.wait_ns) == ([], [], [], [], 0)
