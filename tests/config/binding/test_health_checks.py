"""Health checks that may not be made are errors when they are loaded."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.health_checks import check_health_checks
from config.resources.weir import WeirSpec
from tests.config.manifests import WEIR_API, Document, catalog, document, notes_on


def notes_of(check: Document, *, allowed: bool = False) -> list[Note]:
    notes: list[Note] = []
    process = WeirSpec.model_validate({"allowExecHealthChecks": allowed})
    check_health_checks(catalog(document(WEIR_API, "BackendPolicy", "p", {"healthCheck": check})), process, notes)
    return notes


def test_program_is_refused_unless_the_process_permits_it() -> None:
    check = {"exec": {"command": ["/bin/true"]}}
    (note,) = notes_of(check)
    assert list(notes_on([note])) == ["spec.healthCheck.exec"]
    assert "allowExecHealthChecks" in note.suggestion
    assert notes_of(check, allowed=True) == []


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("Host", "a.example", "use `host`"),
        ("Transfer-Encoding", "chunked", "remove it"),
        ("content-length", "5", "remove it"),
        ("x-a", "b\r\nx-c: d", "remove it"),
        ("x-a", "ä", "encode"),
    ],
)
def test_header_that_would_break_the_question_is_an_error(name: str, value: str, mend: str) -> None:
    (note,) = notes_of({"http": {"headers": {"x-ok": "1", name: value}}})
    assert list(notes_on([note])) == [f"spec.healthCheck.http.headers.{name}"]
    assert mend in note.suggestion


def test_sound_headers_are_not_spoken_of() -> None:
    assert notes_of({"http": {"headers": {"Authorization": "Bearer abc", "x-a": "b"}}}) == []
