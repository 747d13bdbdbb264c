"""Which page takes the place of which error."""

from __future__ import annotations

from config.resources.shaping import ErrorPage
from policies.error_pages.step import ErrorPagesStep, compile_error_pages
from policies.subject import Subject
from tests.support.heads import answer
from tests.support.subjects import environment, subject


def step(*pages: dict[str, object]) -> ErrorPagesStep:
    found = compile_error_pages([ErrorPage.model_validate(page) for page in pages], environment())
    assert found is not None
    return found


def decided(*pages: dict[str, object]) -> tuple[ErrorPagesStep, Subject]:
    found, asked = step(*pages), subject()
    found.decide(asked)
    return found, asked


def test_the_first_page_of_a_status_counts() -> None:
    _, asked = decided(
        {"statuses": [502, 503], "body": "grüß"}, {"statuses": [503, 404], "body": "b", "contentType": "text/plain"}
    )
    assert {status: page.body for status, page in asked.error_pages.items()} == {
        502: "grüß".encode(),
        503: "grüß".encode(),
        404: b"b",
    }
    assert asked.error_pages[502].content_type == b"text/html; charset=utf-8"


def test_answers_of_endpoints_are_left_alone_where_no_page_says_otherwise() -> None:
    _, asked = decided({"statuses": [503], "body": "a"})
    assert asked.reshapers == []


def test_page_for_the_backend_replaces_the_body_and_what_speaks_of_it() -> None:
    found, asked = decided({"statuses": [503], "body": "abc", "fromBackend": True}, {"statuses": [404], "body": "d"})
    assert asked.reshapers == [found]
    assert found.reshape(asked, answer(status=404)) is None
    assert (asked.response_drop, asked.response_lines) == (set(), [])
    change = found.reshape(asked, answer(status=503))
    assert change is not None
    assert change.finish() == b"abc"
    assert {b"content-length", b"content-encoding", b"etag", b"content-type"} <= asked.response_drop
    assert asked.response_lines == [b"content-type: text/html; charset=utf-8\r\ncontent-length: 3\r\n"]


def test_a_page_hidden_by_an_earlier_one_replaces_nothing() -> None:
    _, asked = decided({"statuses": [503], "body": "own"}, {"statuses": [503], "body": "of both", "fromBackend": True})
    assert asked.reshapers == []


def test_an_empty_list_is_no_step() -> None:
    assert compile_error_pages((), environment()) is None
