"""Tests of finding the Weir resource in a set that may be broken."""

from __future__ import annotations

import pytest

from config.named_process import named_process
from config.resources.weir import WeirSpec
from config.sources.text import SourceText

WEIR = "apiVersion: weir.dev/v1\nkind: Weir\nmetadata: {name: edge}\nspec: {stateDir: /var/lib/weir}\n"
BROKEN = "apiVersion: weir.dev/v1\nkind: Backend\nmetadata: {name: a}\nspec: {consull: {}}\n"


def found(*texts: str) -> WeirSpec | None:
    return named_process([SourceText(f"{number}.yaml", text.encode()) for number, text in enumerate(texts)])


@pytest.mark.parametrize(
    "texts",
    [
        [WEIR],
        ["kind: [\n", WEIR],
        [f"{BROKEN}---\n{WEIR}"],
        [f"{WEIR}---\nkind: [\n"],
        ["apiVersion: v1\nkind: List\nitems:\n- " + WEIR.replace("\n", "\n  ").rstrip() + "\n"],
    ],
)
def test_is_found_whatever_else_is_broken(texts: list[str]) -> None:
    process = found(*texts)
    assert process is not None and process.state_dir == "/var/lib/weir"


def test_is_all_defaults_where_there_is_none() -> None:
    assert found("") == WeirSpec()
    assert found() == WeirSpec()


@pytest.mark.parametrize(
    "text", [WEIR.replace("stateDir", "statedir"), WEIR.replace("kind: Weir", "kind: Wier"), "kind: [\n"]
)
def test_is_unknown_where_it_is_broken_or_may_be(text: str) -> None:
    assert found(text) is None
