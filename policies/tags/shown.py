"""The tags of a request that metrics show."""

from __future__ import annotations

from collections.abc import Sequence

from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject


class ShownTags(Step):
    """Adds `names` to those that tags show by themselves (`inMetrics`)."""

    __slots__ = ("_names",)
    name = "metricTags"

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def decide(self, subject: Subject) -> None:
        shown = subject.metric_tags
        subject.metric_tags = tuple(dict.fromkeys((*shown, *self._names))) if shown else self._names


def compile_shown(names: tuple[str, ...], _: Environment) -> ShownTags | None:
    """Counts requests in the metrics by their values of some tags."""
    return ShownTags(tuple(dict.fromkeys(names))) if names else None
