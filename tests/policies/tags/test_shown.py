"""The tags that metrics show."""

from __future__ import annotations

from policies.tags.shown import compile_shown
from tests.support.subjects import environment, subject


def test_names_are_noted_once_behind_those_that_tags_show_themselves() -> None:
    step = compile_shown(("lane", "tier", "lane"), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert asking.metric_tags == ("lane", "tier")
    asking.metric_tags = ("user", "tier")
    step.decide(asking)
    assert asking.metric_tags == ("user", "tier", "lane")


def test_no_names_are_no_step() -> None:
    assert compile_shown((), environment()) is None
