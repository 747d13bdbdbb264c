"""Which tags have series in the metrics, by which values: those that policies list, so that no client adds one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.snapshot import Layers

TAG = "tag "
"""Before the name of a tag, in the place of a route: no route has a space in its name."""
UNTAGGED = ""
OTHER_VALUE = "other"
"""A value that no policy names, as may come from a trusted client."""


def tag_pairs(layers: Layers) -> Iterator[tuple[str, str]]:
    """What stands in the place of route and backend for the tags that a rule with `layers` shows: tag and value.

    The values of a tag are those that the policies of the rule name for it, that of requests without it, and one for
    all others.
    """
    marks = [tag for layer in layers for tag in layer.spec.tags]
    shown = {tag.name for tag in marks if tag.in_metrics}.union(*(layer.spec.metric_tags for layer in layers))
    for name in sorted(shown):
        yield TAG + name, UNTAGGED
        yield TAG + name, OTHER_VALUE
        for tag in marks:
            if tag.name == name:
                yield from ((TAG + name, value) for value in (tag.value, *tag.allowed, tag.default) if value)


def base_of(series: Mapping[tuple[str, str], int], name: str, value: str | None) -> int | None:
    """The block of `series` for a request whose tag `name` has `value`; None where there was no room for it."""
    base = series.get((TAG + name, value or UNTAGGED))
    return base if base is not None else series.get((TAG + name, OTHER_VALUE))
