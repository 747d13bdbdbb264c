"""The tables of docs/conformance.md hold: their tests exist, their fields are the CRDs', and no duty is left out."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.resources.crd_schemas import Schema, crd

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
KINDS = ("HTTPRoute", "GRPCRoute", "Gateway", "ListenerSet", "ReferenceGrant")
DUTY = re.compile(r"\b(MUST|must)\b")


@functools.cache
def rows(kind: str, *, honoured: bool) -> tuple[tuple[str, ...], ...]:
    """The cells of the rows on a kind: field, duty, and the tests, or the reason why it is not honoured."""
    heading = f"## {kind}" if honoured else f"### Not honoured: {kind}"
    _, _, after = PAGE.read_text(encoding="utf-8").partition(f"\n{heading}\n")
    lines = re.split(r"^#", after, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    cells = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines if line.startswith("| ")]
    return tuple(cells[2:])


def names_in(cell: str) -> list[str]:
    return [name.strip("`") for name in cell.split("<br>")]


@functools.cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("kind", KINDS)
def test_every_test_that_is_named_exists(kind: str) -> None:
    assert rows(kind, honoured=True)
    for row in rows(kind, honoured=True):
        assert len(row) == 3, row
        for name in names_in(row[2]):
            path, _, function = name.partition("::")
            assert (ROOT / path).is_file(), name
            assert function in functions(path), name


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_honoured_has_a_reason(kind: str) -> None:
    for row in rows(kind, honoured=False):
        assert len(row) == 3 and row[2].endswith("."), row
        assert "::" not in row[2], row


def fields(schema: Schema, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field of a schema with its description, `[]` for the items of a list."""
    yield path, schema.get("description", "")
    for name, child in schema.get("properties", {}).items():
        yield from fields(child, f"{path}.{name}" if path else name)
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], f"{path}[]")


@functools.cache
def described(kind: str) -> dict[str, str]:
    """Descriptions by field; that of the kind itself counts for `spec`, whose own says nothing."""
    version = next(each for each in crd(kind)["spec"]["versions"] if each["name"] == "v1")
    found = dict(fields(version["schema"]["openAPIV3Schema"]))
    return {**found, "spec": found[""]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_that_is_named_is_one_of_the_crd(kind: str) -> None:
    for row in (*rows(kind, honoured=True), *rows(kind, honoured=False)):
        assert row[0].strip("`") in described(kind), row


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_whose_description_says_must_is_left_out(kind: str) -> None:
    """One of those with the same words is enough: the filters of rules and of backendRefs, for one."""
    told = {row[0].strip("`") for honoured in (True, False) for row in rows(kind, honoured=honoured)}
    words = {described(kind)[field] for field in told}
    left_out = {
        field: text
        for field, text in described(kind).items()
        if DUTY.search(text) and text not in words and not field.startswith(("apiVersion", "kind"))
    }
    assert sorted(left_out) == []


def test_the_page_has_only_these_kinds() -> None:
    named = re.findall(r"^##+ (?:Not honoured: )?(\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) == set(KINDS)
