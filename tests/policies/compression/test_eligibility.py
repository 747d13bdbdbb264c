"""Which answers may be encoded."""

from __future__ import annotations

import pytest

from policies.compression.eligibility import Eligibility
from tests.support.heads import answer

TEXT = b"Content-Type: text/html"
LARGE = b"Content-Length: 5000"


def covers(*lines: bytes, status: int = 200, types: tuple[str, ...] = ("text/*", "application/json")) -> bool:
    return Eligibility(types, 1000).covers(answer(*lines, status=status))


@pytest.mark.parametrize("status", [200, 201, 203, 404, 500])
def test_whole_bodies_are_encoded_whatever_the_status(status: int) -> None:
    assert covers(TEXT, LARGE, status=status)


@pytest.mark.parametrize("status", [204, 205, 206, 304])
def test_parts_and_answers_without_a_body_are_not(status: int) -> None:
    assert not covers(TEXT, LARGE, status=status)


@pytest.mark.parametrize(("length", "large"), [(0, False), (999, False), (1000, True), (None, True)])
def test_small_bodies_are_not_and_those_of_unknown_length_are(length: int | None, *, large: bool) -> None:
    lines = [TEXT] if length is None else [TEXT, b"Content-Length: %d" % length]
    assert covers(*lines) is large


def test_an_empty_body_never_is() -> None:
    assert not Eligibility(("text/*",), 0).covers(answer(TEXT, b"Content-Length: 0"))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (b"text/html", True),
        (b"Text/HTML; charset=utf-8", True),
        (b"text/event-stream", True),
        (b"application/json ; a=b", True),
        (b"application/json-seq", False),
        (b"image/png", False),
        (b"textual/html", False),
        (b"text", False),
        (b"", False),
    ],
)
def test_media_types(value: bytes, *, fits: bool) -> None:
    assert covers(b"Content-Type: " + value, LARGE) is fits


def test_all_types_still_need_one() -> None:
    assert covers(b"Content-Type: image/png", LARGE, types=("*/*",))
    assert not covers(LARGE, types=("*/*",))


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Encoding: br",
        b"Content-Encoding: identity",
        b"Content-Range: bytes 0-1/2",
        b"Cache-Control: no-transform",
        b"Cache-Control: public, No-Transform",
    ],
)
def test_what_is_encoded_already_or_must_stay_is_left_alone(line: bytes) -> None:
    assert not covers(TEXT, LARGE, line)


def test_other_cache_directives_do_not_keep_it() -> None:
    assert covers(TEXT, LARGE, b"Cache-Control: public, max-age=5, x-no-transform")
