"""From texts to resources: what a file may hold, what is wrong in it, and what is kept from one reading to the next."""

from __future__ import annotations

import pytest

from config import documents
from config.documents import READINGS_KEPT, Finding, Located, label, placed, read
from config.problems import Problem, join_path
from config.sources.text import SourceText
from tests.config.manifests import document, resources, route

BACKEND = """apiVersion: weir.dev/v1
kind: Backend
metadata: {name: orders, namespace: shop}
spec:
  static: {endpoints: []}
"""


def found(text: str, name: str = "a.yaml") -> documents.Documents:
    return read([SourceText(name, text.encode())])


def keys(text: str) -> list[tuple[str, str, str]]:
    return [located.resource.key for located in found(text).resources]


def problems(text: str) -> list[str]:
    """Every problem of a text as `line:column path: message (suggestion)`."""
    whole = found(text)
    return [
        f"{problem.line}:{problem.column} {problem.path}: {problem.message}"
        + (f" ({problem.suggestion})" if problem.suggestion else "")
        for problem in [*whole.problems, *placed(whole.findings)]
    ]


def test_file_may_hold_many_documents() -> None:
    assert keys(f"# head\n---\n{BACKEND}---\n\n---\n{BACKEND.replace('orders', 'carts')}") == [
        ("Backend", "shop", "orders"),
        ("Backend", "shop", "carts"),
    ]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n---\n", "null\n", "\ufeff"])
def test_empty_file_is_fine(text: str) -> None:
    whole = found(text)
    assert (whole.resources, whole.findings, whole.problems) == ((), (), ())


def test_list_is_unfolded() -> None:
    item = BACKEND.replace("\n", "\n  ").rstrip()
    nested = "  - {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: x}}]}\n"
    text = f"apiVersion: v1\nkind: List\nmetadata: {{}}\nitems:\n- {item}\n{nested.removeprefix('  ')}"
    assert keys(text) == [("Backend", "shop", "orders"), ("Namespace", "", "x")]
    assert keys("apiVersion: v1\nkind: List\nitems:\n") == []


def test_json_is_taken() -> None:
    assert keys('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}') == [("Namespace", "", "x")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "17\n",
            "1:1 : a resource is expected, a mapping with apiVersion, kind and metadata, not 17",
        ),
        (
            "- a\n",
            "1:1 : a resource is expected, a mapping with apiVersion, kind and metadata, not a list",
        ),
        ("apiVersion: v1\nmetadata: {}\n", '1:1 kind: the required field "kind" is missing'),
        (
            "# x\nkind: Backend\n",
            '2:1 apiVersion: the required field "apiVersion" is missing (write apiVersion: weir.dev/v1)',
        ),
        ("apiVersion: 1\nkind: Pod\n", "1:13 apiVersion: a string is expected, not 1 (write apiVersion: v1)"),
        (
            "apiVersion: weir.dev/v1\nkind: Backnd\n",
            '2:7 kind: unknown kind "Backnd" (did you mean "Backend"?)',
        ),
        ("apiVersion: weir.dev/v1\nkind: Zzz\n", '2:7 kind: unknown kind "Zzz"'),
        (
            "apiVersion: weir.dev/v2\nkind: Backend\n",
            '1:13 apiVersion: "weir.dev/v2" is no apiVersion of Backend (write weir.dev/v1)',
        ),
        (
            "apiVersion: v1\nkind: List\nitem: []\n",
            '3:1 item: unknown field "item" (did you mean "items"?)',
        ),
        (
            "apiVersion: v1\nkind: List\nitems: {}\n",
            "3:8 items: a list is expected, not a mapping (put `- ` before each item)",
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {nam: x, name: y}\n",
            '6:14 items[0].metadata.nam: unknown field "nam" (did you mean "name"?)',
        ),
        (
            f"---\n{BACKEND}  dns:\n",
            "",
        ),
        (
            f"---\n{BACKEND}  dns: {{}}\n",
            '7:8 spec.dns.name: the required field "name" is missing',
        ),
        ("a: 1\na: 2\n", '2:1 a: duplicate key "a", first on line 1 (remove one)'),
        (
            "x: [\n",
            "2:1 : YAML syntax: did not find expected node content (a [ or { may be left open)",
        ),
    ],
)
def test_what_is_wrong_comes_with_its_place(text: str, expected: str) -> None:
    assert problems(text) == ([expected] if expected else [])


def test_all_that_is_wrong_in_all_files_is_found() -> None:
    texts = [
        SourceText("a.yaml", b"kind: Zzz\napiVersion: v1\n---\n- [\n"),
        SourceText("b.yaml", b"\xff"),
        SourceText("c.yaml", BACKEND.encode()),
        SourceText("d.yaml", b"17\n---\n18\n"),
    ]
    whole = read(texts)
    places = sorted((each.file, each.line) for each in (*whole.problems, *placed(whole.findings)))
    assert places == [("a.yaml", 1), ("a.yaml", 5), ("b.yaml", 1), ("d.yaml", 1), ("d.yaml", 3)]
    assert [located.origin.file for located in whole.resources] == ["c.yaml"]


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("kind: Backend\nmetadata: {name: a, namespace: shop}\n", "Backend shop/a"),
        ("kind: Backend\nmetadata: {name: a}\n", "Backend default/a"),
        ("kind: Weir\nmetadata: {name: a}\n", "Weir a"),
        ("kind: Backend\nmetadata: {name: 1}\n", "Backend"),
        ("kind: Backend\n", "Backend"),
        ("metadata: {name: a}\n", ""),
    ],
)
def test_broken_document_is_named_as_far_as_it_can_be(text: str, resource: str) -> None:
    assert {finding.resource for finding in found(text).findings} == {resource}


def test_label_is_kind_and_name() -> None:
    own, whole = resources(route(), document("v1", "Namespace", "x"))
    assert (label(own), label(whole)) == ("HTTPRoute shop/orders", "Namespace x")


def test_unchanged_document_is_the_same_object_wherever_it_stands() -> None:
    (first,) = found(BACKEND).resources
    (other,) = found(BACKEND, "b.yaml").resources
    assert other.resource is first.resource
    assert (first.origin.file, other.origin.file) == ("a.yaml", "b.yaml")
    (below,) = found(f"---\n{BACKEND}").resources
    (further,) = found(f"# moved\n---\n{BACKEND}").resources
    assert below.resource is further.resource
    assert (below.origin.first_line, further.origin.first_line) == (1, 2)


def test_a_text_is_looked_into_once_while_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SourceText("a.yaml", BACKEND.encode())
    first = read([source])
    monkeypatch.setattr(documents, "split", lambda _: pytest.fail("it is cut again"))
    assert read([source, source]).resources == 2 * first.resources
    del source, first
    monkeypatch.undo()
    assert not documents._READ._values


def test_place_follows_a_document_that_moved() -> None:
    broken = f"---\n{BACKEND}  dsn: x\n"
    at_first = problems(broken)
    moved = problems(f"# one\n# two\n{broken}")
    assert at_first[0].startswith("7:3 spec.dsn: unknown field")
    assert moved[0].startswith("9:3 spec.dsn: unknown field")


def test_documents_with_syntax_errors_are_read_again() -> None:
    text = "a: 1\na: 2\n"
    assert problems(text) == problems(text)
    assert problems(f"# one\n{text}") == ['3:1 a: duplicate key "a", first on line 2 (remove one)']


def test_kept_documents_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = documents._KeptPieces()
    monkeypatch.setattr(documents, "_KEPT", kept)
    monkeypatch.setattr(documents, "MAX_KEPT_CHARACTERS", 3 * len(BACKEND))
    texts = [BACKEND.replace("orders", f"orde{at:02}") for at in range(5)]
    for text in texts:
        found(text)
    assert [kept.get(text) is not None for text in texts] == [False, False, True, True, True]
    kept.get(texts[2])
    found(texts[0])
    assert [kept.get(text) is not None for text in texts] == [True, False, True, False, True]


def test_documents_that_are_not_met_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = documents._KeptPieces()
    monkeypatch.setattr(documents, "_KEPT", kept)
    lasting = SourceText("a.yaml", BACKEND.encode())
    read([lasting])
    for edit in range(3 * READINGS_KEPT):
        read([lasting, SourceText("b.yaml", BACKEND.replace("orders", f"edit{edit:04}").encode())])
    assert kept.get(BACKEND) is not None, "its text was not cut again, but it was met"
    assert len(kept._pieces) == len(kept._met) == 1 + READINGS_KEPT + 1
    assert kept._characters == sum(map(len, kept._pieces))
    before = next(reversed(kept._pieces))
    assert kept.get(before) is not None, "an edit that is taken back"


def test_digest_is_of_the_content_alone() -> None:
    def digest(text: str) -> bytes:
        (located,) = found(text).resources
        return located.digest

    reordered = "kind: Backend\nspec: {static: {endpoints: []}}  # x\nmetadata: {namespace: shop, name: orders}\n"
    reordered += "apiVersion: weir.dev/v1\n"
    assert digest(BACKEND) == digest(reordered) == digest(f"{BACKEND}status: {{phase: x}}\n")
    assert digest(BACKEND) != digest(BACKEND.replace("orders", "carts"))


def test_number_beyond_64_bits_has_a_digest() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {n: 99999999999999999999999}\n"
    assert len(found(text).resources) == 1


def test_places_of_many_findings_in_one_document_are_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = documents.locate
    monkeypatch.setattr(documents, "locate", lambda chunk, spots: calls.append(len(spots)) or real(chunk, spots))
    (located,) = found(f"# once\n{BACKEND}").resources
    findings = [Finding(located.origin.under(path), "x") for path in (("spec",), ("spec", "static"), ("spec",))]
    placed(findings)
    placed(findings)
    assert calls == [2]


def test_finding_may_name_a_second_place() -> None:
    first, second = found(f"{BACKEND}---\n{BACKEND.replace('orders', 'carts')}").resources
    (problem,) = placed([Finding(second.origin.under(("metadata", "name")), "is odd", first=first.origin)])
    assert problem == Problem("a.yaml", 9, 18, "metadata.name", "is odd, first at a.yaml:1")


def test_place_in_a_list_begins_with_the_item() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: x}}\n"
    located: Located
    (located,) = found(text).resources
    assert join_path(located.origin.under(("metadata", "name")).spot.path) == "items[0].metadata.name"
