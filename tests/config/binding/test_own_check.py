"""A resource that was sound is looked at once; one that is not is told of each time."""

from __future__ import annotations

from collections.abc import Iterator

from config.binding.catalog import Note
from config.binding.own_check import OwnCheck
from config.resources.http_route import HTTPRoute
from tests.config.manifests import catalog, route


def test_only_what_was_not_sound_is_looked_at_again() -> None:
    looked: list[str] = []

    def look(found: HTTPRoute) -> Iterator[Note]:
        looked.append(found.metadata.name)
        if found.metadata.name == "bad":
            yield Note(found, ("spec",), "wrong", "", "error")

    check: OwnCheck[HTTPRoute] = OwnCheck(look)
    routes = catalog(route("bad"), route("good")).all(HTTPRoute)
    notes: list[Note] = []
    check.note(routes, notes)
    check.note(routes, notes)
    assert looked == ["bad", "good", "bad"]
    assert [(note.resource.metadata.name, note.message) for note in notes] == [("bad", "wrong")] * 2


def test_one_like_it_is_another() -> None:
    looked: list[HTTPRoute] = []

    def look(found: HTTPRoute) -> list[Note]:
        looked.append(found)
        return []

    check: OwnCheck[HTTPRoute] = OwnCheck(look)
    sets = [catalog(route("a")).all(HTTPRoute) for _ in range(2)]
    for routes in sets:
        check.note(routes, [])
    assert len(looked) == 2
