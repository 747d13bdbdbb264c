"""Tests of how what several sources hold becomes one set."""

from __future__ import annotations

from config.problems import Problem
from config.sources.text import Reading, SourceText, merged


def test_texts_and_problems_keep_the_order_of_their_sources() -> None:
    texts = [SourceText(name, b"") for name in ("b", "a", "c")]
    problems = [Problem(name, 0, 0, "", "missing") for name in ("y", "x")]
    first = Reading((texts[0], texts[1]), (problems[0],))
    second = Reading((texts[2],), (problems[1],))
    assert merged([first, second]) == Reading(tuple(texts), tuple(problems))
    assert merged([]) == Reading()
