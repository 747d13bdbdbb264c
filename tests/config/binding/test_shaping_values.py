"""Values of policies that would break an answer are errors when they are loaded."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.shaping_values import check_shaping
from tests.config.manifests import WEIR_API, Document, catalog, document, notes_on

PAGE = {"statuses": [503], "body": "x"}


def notes_of(spec: Document) -> list[Note]:
    notes: list[Note] = []
    check_shaping(catalog(document(WEIR_API, "TrafficPolicy", "p", spec)), notes)
    return notes


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"directResponse": {"contentType": "a/b\r\nset-cookie: x"}}, "spec.directResponse.contentType"),
        ({"directResponse": {"contentType": "html"}}, "spec.directResponse.contentType"),
        ({"maintenance": {"response": {"contentType": "a/b\n"}}}, "spec.maintenance.response.contentType"),
        ({"errorPages": [PAGE, {**PAGE, "contentType": "ä/b"}]}, "spec.errorPages[1].contentType"),
        ({"securityHeaders": {"referrerPolicy": "a\rb"}}, "spec.securityHeaders.referrerPolicy"),
        ({"securityHeaders": {"contentSecurityPolicy": "a\0"}}, "spec.securityHeaders.contentSecurityPolicy"),
    ],
)
def test_value_that_may_stand_in_no_header_is_an_error(spec: Document, place: str) -> None:
    assert list(notes_on(notes_of(spec))) == [place]


@pytest.mark.parametrize("status", [204, 304])
def test_body_that_is_never_sent_is_told(status: int) -> None:
    found = notes_of({"directResponse": {"status": status, "body": "x"}})
    assert list(notes_on(found, "warning")) == ["spec.directResponse.body"]
    assert notes_of({"directResponse": {"status": status}}) == []


def test_sound_values_are_taken() -> None:
    security = {"contentSecurityPolicy": "default-src 'self'", "referrerPolicy": "no-referrer", "hsts": "1h"}
    assert notes_of({"directResponse": {"status": 200, "body": "grüß"}, "securityHeaders": security}) == []
    assert notes_of({"maintenance": {}, "errorPages": [PAGE]}) == []
