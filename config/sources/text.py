"""What a source of configuration hands on: named texts, and what went wrong while they were read."""

from __future__ import annotations

from dataclasses import dataclass

from config.problems import Problem


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SourceText:
    """The bytes of one file, KV key or upload; `name` is what problems call it (a path, `consul:prefix/key`)."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """One whole look at a source: all of its texts in a defined order, and the problems that kept others away."""

    texts: tuple[SourceText, ...] = ()
    problems: tuple[Problem, ...] = ()


def merged(readings: list[Reading]) -> Reading:
    """The texts and problems of several sources, in their order."""
    return Reading(
        tuple(text for reading in readings for text in reading.texts),
        tuple(problem for reading in readings for problem in reading.problems),
    )
