"""Configured answers as they go over the wire."""

from __future__ import annotations

from config.resources.backend_policy import DirectResponse
from policies.own_answers.content import answer_of


def test_body_is_utf_8_with_its_media_type() -> None:
    answer = answer_of(DirectResponse(status=200, body="grüß", content_type="text/html"), (b"x: y\r\n",))
    assert (answer.status, answer.body) == (200, "grüß".encode())
    assert answer.lines == (b"content-type: text/html\r\n", b"x: y\r\n")


def test_empty_answer_says_nothing_of_its_type() -> None:
    answer = answer_of(DirectResponse(status=404), (b"x: y\r\n",))
    assert (answer.body, answer.lines) == (b"", (b"x: y\r\n",))
