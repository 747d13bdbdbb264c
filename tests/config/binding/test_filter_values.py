"""Filters that would break the messages they change are errors with the place, the reason and the mend."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.filter_values import check_filters
from config.problems import join_path
from config.resources.scalars import FRAMING
from tests.config.manifests import GATEWAY_API, Document, catalog, document, notes_on, route

REQUEST, RESPONSE = "requestHeaderModifier", "responseHeaderModifier"


def notes_of(*documents: Document) -> list[Note]:
    notes: list[Note] = []
    check_filters(catalog(*documents), notes)
    return notes


def headers(member: str, edit: Document) -> Document:
    return {"type": member[0].upper() + member[1:], member: edit}


def with_filter(filter_: Document) -> Document:
    return route("a", {"filters": [filter_]})


def rewrite(path: Document, member: str = "urlRewrite") -> Document:
    rule = {
        "matches": [{"path": {"value": "/a"}}],
        "filters": [{"type": "URLRewrite" if member == "urlRewrite" else "RequestRedirect", member: {"path": path}}],
    }
    return route("a", rule)


@pytest.mark.parametrize("name", sorted(FRAMING))
@pytest.mark.parametrize("member", [REQUEST, RESPONSE])
def test_field_that_decides_framing_is_refused_everywhere(name: str, member: str) -> None:
    """Whatever its case, and whatever is done to it: two readers of one message must never disagree on its end."""
    written = name.title()
    entry = {"name": written, "value": "x"}
    edit = {"set": [entry], "add": [entry], "remove": [written]}
    found = notes_on(notes_of(with_filter(headers(member, edit))))
    start = f"spec.rules[0].filters[0].{member}"
    assert set(found) == {f"{start}.set[0].name", f"{start}.add[0].name", f"{start}.remove[0]"}
    assert all(message.startswith(f"{written} decides how a message is framed") for message in found.values())


def test_filters_of_a_backend_ref_are_looked_at_too() -> None:
    ref = {"name": "web", "port": 80, "filters": [headers(REQUEST, {"remove": ["TE"]})]}
    found = notes_on(notes_of(route("a", {}, {"backendRefs": [ref]})))
    assert list(found) == ["spec.rules[1].backendRefs[0].filters[0].requestHeaderModifier.remove[0]"]


def test_host_may_be_set_in_a_request_and_nothing_else() -> None:
    host = {"name": "Host", "value": "orders.example"}
    assert notes_of(with_filter(headers(REQUEST, {"set": [host]}))) == []
    for member, edit in (
        (REQUEST, {"add": [host]}),
        (REQUEST, {"remove": ["host"]}),
        (RESPONSE, {"set": [host]}),
        (RESPONSE, {"add": [host]}),
    ):
        (note,) = notes_of(with_filter(headers(member, edit)))
        assert (note.severity, "Host" in note.message, bool(note.suggestion)) == ("error", True, True)


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\nb", "a\rb", "a\0b", "café", "a\x7f"])
def test_value_that_would_end_the_field_is_refused(value: str) -> None:
    """A GRPCRoute's schema takes any text, so that it is here that a second header line is kept out."""
    filter_ = headers(REQUEST, {"set": [{"name": "x-a", "value": value}]})
    grpc = document(GATEWAY_API, "GRPCRoute", "a", {"rules": [{"filters": [filter_]}]})
    (note,) = notes_of(grpc)
    assert join_path(note.path) == "spec.rules[0].filters[0].requestHeaderModifier.set[0].value"
    assert note.severity == "error"


def test_filters_of_a_grpc_backend_ref_are_looked_at_too() -> None:
    ref = {"name": "web", "port": 80, "filters": [headers(RESPONSE, {"remove": ["Trailer"]})]}
    grpc = document(GATEWAY_API, "GRPCRoute", "a", {"rules": [{"backendRefs": [ref]}]})
    assert list(notes_on(notes_of(grpc))) == [
        "spec.rules[0].backendRefs[0].filters[0].responseHeaderModifier.remove[0]"
    ]


def test_ordinary_edits_say_nothing() -> None:
    edit = {
        "set": [{"name": "x-a", "value": "b c"}],
        "add": [{"name": "cache-control", "value": "no-store"}],
        "remove": ["Server"],
    }
    assert notes_of(with_filter(headers(RESPONSE, edit))) == []


def test_name_that_no_header_can_have_is_a_warning() -> None:
    (note,) = notes_of(with_filter(headers(REQUEST, {"remove": ["a b"]})))
    assert note.severity == "warning"


@pytest.mark.parametrize("member", ["urlRewrite", "requestRedirect"])
@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("/a b", '"/a%20b"'),
        ("/a\r\nx: y", '"/a%0D%0Ax:%20y"'),
        ("/caf\u00e9", '"/caf%C3%A9"'),
        ("/a?b=c", '"/a%3Fb=c"'),
        ("/a#b", '"/a%23b"'),
        ("a/b", '"/a/b"'),
    ],
)
def test_path_that_is_none_is_refused_with_the_encoded_one(member: str, value: str, mend: str) -> None:
    (note,) = notes_of(rewrite({"type": "ReplaceFullPath", "replaceFullPath": value}, member))
    assert join_path(note.path) == f"spec.rules[0].filters[0].{member}.path.replaceFullPath"
    assert (note.severity, note.suggestion) == ("error", f"write {mend}")


@pytest.mark.parametrize("value", ["", "/", "/a/%20b", "/a;b=1/@:~!$&'()*+,"])
def test_path_of_any_character_that_a_path_may_have_is_taken(value: str) -> None:
    assert notes_of(rewrite({"type": "ReplacePrefixMatch", "replacePrefixMatch": value})) == []
