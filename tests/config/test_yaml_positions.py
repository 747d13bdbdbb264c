"""YAML as values with places: what is taken, what is refused, and where it says that something stands."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.yaml_positions import (
    MAX_ALIASED_NODES,
    MAX_DEPTH,
    MAX_FILE_BYTES,
    Chunk,
    Defect,
    Document,
    Place,
    Spot,
    decode,
    locate,
    parse,
    plain_value,
    split,
)


def values(text: str) -> list[object]:
    """The values of a text without defects."""
    found: list[object] = []
    for chunk in split(text):
        documents, defects = parse(chunk)
        assert defects == []
        found.extend(document.value for document in documents)
    return found


def defects(text: str) -> list[Defect]:
    return [defect for chunk in split(text) for defect in parse(chunk)[1]]


def one_defect(text: str) -> Defect:
    (found,) = defects(text)
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("yes", "yes"), ("on", "on"),
        ("1", 1), ("-12", -12), ("0x1F", 31), ("0o17", 15), ("017", 17), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0),
        ("+1", 1), (".inf", float("inf")), ("1_000", "1_000"), ("2024-01-01", "2024-01-01"), ("1.2.3.4", "1.2.3.4"),
        ("12h", "12h"), ("-", "-"), ("1:30", "1:30"), ("0x", "0x"), ("9" * 39, int("9" * 39)), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    found = plain_value(text)
    assert (found, type(found)) == (value, type(value))


def test_quoted_scalars_are_strings() -> None:
    assert values("a: '1'\nb: \"true\"\nc: |\n  1\nd: !!str 1\ne: !!int '5'") == [
        {"a": "1", "b": "true", "c": "1\n", "d": "1", "e": 5}
    ]


def test_text_is_cut_at_markers() -> None:
    text = "# head\n---\na: 1\n---\nb: 2\n--- {c: 3}\n---x\n"
    assert [(chunk.text, chunk.first_line) for chunk in split(text)] == [
        ("# head\n", 1), ("---\na: 1\n", 2), ("---\nb: 2\n", 4), ("--- {c: 3}\n---x\n", 6),
    ]  # fmt: skip


@given(st.text(alphabet="-a \n\r\t", max_size=40))
def test_text_is_cut_wherever_a_marker_begins_a_line(text: str) -> None:
    marked = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
    starts = sorted({0, *(found.start() for found in marked.finditer(text))} - {len(text)})
    expected = [(text[start:end], text[:start].count("\n") + 1) for start, end in zip(starts, [*starts[1:], None])]  # noqa: B905
    assert [(chunk.text, chunk.first_line) for chunk in split(text)] == expected


def test_text_with_directives_stays_whole() -> None:
    text = "%YAML 1.2\n---\na: 1\n---\nb: 2\n"
    assert [chunk.text for chunk in split(text)] == [text]
    assert values(text) == [{"a": 1}, {"b": 2}]


def test_empty_documents_are_left_out_and_counted() -> None:
    documents, found = parse(Chunk("%YAML 1.2\n---\n---\na: 1\n---\n", 1))
    assert (documents, found) == ([Document(1, {"a": 1})], [])
    assert values("\n# nothing\n---\n---\n") == []


def test_broken_document_hides_no_other() -> None:
    text = "a: [\n---\nb: 2\n---\nc: }\n"
    found = [parse(chunk) for chunk in split(text)]
    assert [[document.value for document in documents] for documents, _ in found] == [[], [{"b": 2}], []]
    assert [bool(wrong) for _, wrong in found] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "suggestion"),
    [
        ("a: 1\n\tb: 2\n", 2, 1, "a tab is not allowed in indentation", "use blanks"),
        ("a: b: c\n", 1, 5, "mapping values are not allowed", "put a value that has a colon in quotes"),
        ("a: @x\n", 1, 4, "cannot start any token", "in quotes"),
        ("a: *x\n", 1, 4, "undefined alias", "must stand before its alias"),
        ("a: [1, 2\nb: 3\n", 2, 2, "", "begun on line 1"),
        ("# one\n---\na: 'x\n", 4, 1, "unexpected end of stream", "begun on line 3"),
    ],
)
def test_syntax_error_has_place_and_mend(text: str, line: int, column: int, message: str, suggestion: str) -> None:
    defect = one_defect(text)
    assert defect.message.startswith("YAML syntax: ")
    assert (defect.place, message in defect.message) == (Place(line, column), True), defect
    assert suggestion in defect.suggestion


def test_duplicate_key_names_both_places() -> None:
    defect = one_defect("x: 1\n---\nspec:\n  a: 1\n  b: 2\n  a: 3\n")
    assert defect == Defect(Place(6, 3), 'duplicate key "a", first on line 4', "remove one", ("spec", "a"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1: a\n", "a key must be a string, and 1 is none"),
        ("true: a\n", "a key must be a string, and true is none"),
        ("? [a]\n: b\n", "a key must be a string"),
        ("a: !!python/object:os.system {}\n", "the tag !!python/object:os.system is not allowed"),
        ("a: !x 1\n", "the tag !x is not allowed"),
        ("a: !!binary aGk=\n", "the tag !!binary is not allowed"),
        ("a: !!set [1]\n", "the tag !!set is not allowed"),
        ("a: &x [*x]\n", "an alias must not stand inside of its own anchor"),
        ("a: {<<: 1}\n", "`<<` takes a mapping or a list of mappings"),
        ("a: b\0c\n", "a NUL byte is not allowed in YAML"),
    ],
)
def test_what_weir_refuses_in_any_yaml(text: str, message: str) -> None:
    assert one_defect(text).message == message


def test_all_defects_of_a_document_are_found() -> None:
    assert [defect.place.line for defect in defects("1: a\nb: 1\nb: 2\nc: !x 1\n")] == [1, 3, 4]


def test_anchors_aliases_and_merges_are_expanded() -> None:
    text = "base: &b {x: 1, y: 2}\nlist: [*b, {<<: *b, y: 3}, {y: 4, <<: [{y: 5, z: 6}, *b]}]\n"
    assert values(text) == [
        {"base": {"x": 1, "y": 2}, "list": [{"x": 1, "y": 2}, {"x": 1, "y": 3}, {"y": 4, "z": 6, "x": 1}]}
    ]


def test_billion_laughs_end_early() -> None:
    """Nine anchors, each ten of the one before: a billion nodes in 300 bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 10)]
    defect = one_defect("\n".join(lines))
    assert f"aliases add more than {MAX_ALIASED_NODES} nodes" in defect.message
    assert (defect.place.column > 1, defect.suggestion) == (True, "write out what the anchors stand for")


def test_billion_laughs_by_merge_keys_end_early() -> None:
    lines = ["a0: &a0 {" + ", ".join(f"k{at}: x" for at in range(10)) + "}"]
    lines += [f"a{at}: &a{at} {{x: [{', '.join([f'{{<<: *a{at - 1}}}'] * 10)}]}}" for at in range(1, 10)]
    assert "aliases add more than" in one_defect("\n".join(lines)).message


def test_nesting_has_a_bound() -> None:
    assert f"more than {MAX_DEPTH} levels" in one_defect("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2)).message
    assert "YAML syntax" in one_defect("[" * 100_000).message


def test_file_is_decoded_with_or_without_mark() -> None:
    assert decode(b"\xef\xbb\xbfa: \xc3\xa9") == ("a: é", None)
    assert decode(b"") == ("", None)


@pytest.mark.parametrize(("data", "place"), [(b"a: 1\nb: \xff\n", Place(2, 4)), (b"\xfe\xff\0a", Place(1, 1))])
def test_other_encoding_is_refused_at_its_first_byte(data: bytes, place: Place) -> None:
    _, defect = decode(data)
    assert defect is not None
    assert (defect.place, defect.suggestion) == (place, "save it as UTF-8")
    assert f"byte 0x{data[data.find(0xFF if data[0] == 0x61 else 0xFE)]:02x} is not UTF-8" in defect.message


def test_huge_file_is_refused_unread() -> None:
    text, defect = decode(b"\xff" * (MAX_FILE_BYTES + 1))
    assert (text, defect is not None) == ("", True)
    assert defect is not None
    assert re.fullmatch(r"the file has 32 MiB, more than 32 MiB", defect.message)
    assert defect.suggestion == "split it into several files"


TEXT = "# comment\nspec:\n  rules:\n  - name: a\n    empty:\n  - {name: b, n: 2}\nbase: &b {x: 1}\nmore: {<<: *b}\n"


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        ((), False, Place(11, 1)),
        (("spec",), False, Place(12, 3)),
        (("spec",), True, Place(11, 1)),
        (("spec", "rules", 0, "name"), False, Place(13, 11)),
        (("spec", "rules", 0, "empty"), False, Place(14, 5)),
        (("spec", "rules", 1, "n"), False, Place(15, 18)),
        (("spec", "rules", 1, "n"), True, Place(15, 15)),
        (("spec", "rules", 1, "none", "x"), False, Place(15, 5)),
        (("spec", "rules", 7), False, Place(13, 3)),
        (("more", "x"), False, Place(16, 14)),
    ],
)
def test_every_value_and_key_has_its_place(path: tuple[str | int, ...], key: bool, place: Place) -> None:
    assert locate(Chunk(TEXT, 10), [Spot(0, path, key)]) == [place]


def test_places_of_several_documents_of_a_chunk() -> None:
    chunk = Chunk("%YAML 1.2\n---\n---\na: 1\n---\na: 2\n", 5)
    assert locate(chunk, [Spot(2, ("a",)), Spot(1, ("a",)), Spot(9, ())]) == [Place(10, 4), Place(8, 4), Place(5, 1)]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abcxyz-._/", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.text("abc", min_size=1, max_size=3), TREES, min_size=1, max_size=3), max_size=4))
def test_what_is_written_is_read_again(documents: list[object]) -> None:
    """Against pyyaml's writer, told to quote, as it leaves plain what is a string in YAML 1.1 alone (`0E0`)."""
    text = yaml.safe_dump_all(documents, explicit_start=True, allow_unicode=True, default_style='"')
    assert values(text) == documents


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@`#,? \t\n0~<.\0"), max_size=60))
def test_any_text_gives_values_or_defects_with_a_place_in_it(text: str) -> None:
    lines = text.count("\n") + 1
    for chunk in split(text):
        documents, wrong = parse(chunk)
        assert all(1 <= defect.place.line <= lines + 1 and defect.place.column >= 1 for defect in wrong)
        spots = [Spot(document.number, ()) for document in documents]
        assert all(1 <= place.line <= lines for place in locate(chunk, spots))
