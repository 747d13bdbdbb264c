"""CORS filters that nobody can have meant are told when they are loaded."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.cross_origin import check_cross_origin
from tests.config.manifests import BACKEND_REF, Document, catalog, notes_on, route

FILTER = "spec.rules[0].filters[0].cors"


def cors(*origins: str, **fields: object) -> Document:
    return {"type": "CORS", "cors": {"allowOrigins": list(origins), **fields}}


def notes_of(*rules: Document) -> list[Note]:
    notes: list[Note] = []
    check_cross_origin(catalog(route("a", *rules)), notes)
    return notes


@pytest.mark.parametrize("port", ["0", "00000", "65536", "99999"])
def test_port_that_there_is_not_is_an_error(port: str) -> None:
    (note,) = notes_of({"filters": [cors("https://a.example", f"https://a.example:{port}")]})
    assert (note.severity, note.path[-1]) == ("error", 1)
    assert port in note.message


@pytest.mark.parametrize("origin", ["https://a.example", "http://*:65535", "https://*.a.example:1", "*", "https://a1"])
def test_origins_that_there_can_be_are_taken(origin: str) -> None:
    assert notes_of({"filters": [cors(origin)]}) == []


def test_wildcard_with_credentials_is_taken_with_a_warning() -> None:
    """The CRD says what a gateway must answer then, so it is not refused."""
    found = notes_on(notes_of({"filters": [cors("*", allowCredentials=True)]}), "warning")
    assert list(found) == [f"{FILTER}.allowOrigins"]


def test_filter_that_lists_no_origin_is_told() -> None:
    assert list(notes_on(notes_of({"filters": [{"type": "CORS", "cors": {}}]}), "warning")) == [
        f"{FILTER}.allowOrigins"
    ]


@pytest.mark.parametrize(
    ("matches", "told"),
    [
        ([], False),
        ([{"method": "GET"}], True),
        ([{"method": "GET"}, {"method": "PUT"}], True),
        ([{"method": "GET"}, {"method": "OPTIONS"}], False),
        ([{"method": "GET"}, {"path": {"value": "/a"}}], False),
    ],
)
def test_rule_that_takes_no_preflight_is_told(matches: list[Document], *, told: bool) -> None:
    found = notes_of({"matches": matches, "filters": [cors("https://a.example")]})
    assert [note.severity for note in found] == ["warning"] * told


def test_filters_of_backend_refs_are_looked_at_too() -> None:
    ref = {**BACKEND_REF, "filters": [cors("https://a.example:0")]}
    assert list(notes_on(notes_of({}, {"backendRefs": [ref]}))) == [
        "spec.rules[1].backendRefs[0].filters[0].cors.allowOrigins[0]"
    ]
