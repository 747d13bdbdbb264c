"""Findings in order, with the line and column of what is meant."""

from __future__ import annotations

from config.lint.check import Check
from config.lint.run import lint
from config.load import load
from config.sources.text import SourceText
from tests.config.lint.linted import BASE, prefix, regex, route


def test_findings_have_place_and_mend_and_can_be_skipped() -> None:
    text = BASE + route("a", prefix("/x"), regex("/y")) + route("b", prefix("/x"))
    loaded = load([SourceText("t.yaml", text.encode())], generation=1, previous=None)
    assert loaded.snapshot is not None
    found = lint(loaded, loaded.snapshot, 0.0)
    assert [each.check for each in found] == [Check.REGEX_IS_PREFIX, Check.SHADOWED_RULE]
    pattern = found[0].problem
    line = text.splitlines()[pattern.line - 1]
    assert line[pattern.column - 1 :].startswith("'/y'")
    assert str(found[0]) == (
        f"t.yaml:{pattern.line}:{pattern.column}: regex-is-prefix: HTTPRoute shop/a: "
        "spec.rules[1].matches[0].path.value: the regular expression /y takes what Exact /y does "
        "(write {type: Exact, value: /y})"
    )
    assert [each.check for each in lint(loaded, loaded.snapshot, 0.0, [Check.REGEX_IS_PREFIX])] == [Check.SHADOWED_RULE]
