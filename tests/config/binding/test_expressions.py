"""Regular expressions are tried when the file is loaded, not when a request comes."""

from __future__ import annotations

from config.binding.catalog import Note
from config.binding.expressions import check_expressions, refusal
from tests.config.manifests import GATEWAY_API, Document, catalog, document, notes_on, route

REGEX = "RegularExpression"


def notes_of(*documents: Document) -> list[Note]:
    notes: list[Note] = []
    check_expressions(catalog(*documents), notes)
    return notes


def test_good_expressions_say_nothing() -> None:
    match = {"path": {"type": REGEX, "value": "/v[0-9]+/.*"}, "headers": [{"type": REGEX, "name": "a", "value": "b|c"}]}
    assert notes_of(route("a", {"matches": [match]})) == []


def test_every_place_of_an_http_route_is_tried() -> None:
    match = {
        "path": {"type": REGEX, "value": "/("},
        "headers": [{"name": "a", "value": "("}, {"type": REGEX, "name": "b", "value": "["}],
        "queryParams": [{"type": REGEX, "name": "q", "value": "*"}],
    }
    found = notes_on(notes_of(route("a", {}, {"matches": [{}, match]})))
    start = "spec.rules[1].matches[1]"
    assert set(found) == {f"{start}.path.value", f"{start}.headers[1].value", f"{start}.queryParams[0].value"}
    assert all(message.startswith("the regular expression is not valid: ") for message in found.values())


def test_every_place_of_a_grpc_route_is_tried() -> None:
    match = {
        "method": {"type": REGEX, "service": "a(", "method": "b("},
        "headers": [{"type": REGEX, "name": "b", "value": "c("}],
    }
    found = notes_on(notes_of(document(GATEWAY_API, "GRPCRoute", "a", {"rules": [{"matches": [match]}]})))
    start = "spec.rules[0].matches[0]"
    assert set(found) == {f"{start}.method.service", f"{start}.method.method", f"{start}.headers[0].value"}


def test_lookaround_is_refused_with_the_reason() -> None:
    (note,) = notes_of(route("a", {"matches": [{"path": {"type": REGEX, "value": "/a(?=b)"}}]}))
    assert note.suggestion == "RE2 has no backreferences and no lookaround"


def test_refusal_is_the_same_when_asked_again() -> None:
    assert refusal("a(") == refusal("a(") != ""
    assert refusal("a") == ""
