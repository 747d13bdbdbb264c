"""Tests of a request as somebody writes it down."""

from __future__ import annotations

import pytest

from gateway.question import BadQuestion, Question, port_of


@pytest.mark.parametrize(
    ("url", "authority", "port", "target"),
    [
        ("http://x/a?b=c#d", "x", None, "/a?b=c"),
        ("http://x", "x", None, "/"),
        ("http://x?b", "x", None, "/?b"),
        ("HTTP://X:8080/", "X:8080", 8080, "/"),
        ("http://[::1]:80/", "[::1]:80", 80, "/"),
        ("http://x/a b", "x", None, "/a b"),
    ],
)
def test_takes_a_url_apart(url: str, authority: str, port: int | None, target: str) -> None:
    question = Question.of("GET", url)
    assert (question.scheme, question.authority, question.port, question.target) == ("http", authority, port, target)


def test_a_path_takes_its_host_from_the_header() -> None:
    question = Question.of("GET", "/a", ["x: 1", "host: shop.example:8080"])
    assert (question.authority, question.port) == ("shop.example:8080", 8080)
    assert question.url == "http://shop.example:8080/a"
    assert question.render() == b"GET /a HTTP/1.1\r\nx: 1\r\nhost: shop.example:8080\r\n\r\n"


def test_header_lines_are_sent_as_they_are_written() -> None:
    question = Question.of("GET", "http://x/", ["Bad : 1", "x-a:2"])
    assert question.render() == b"GET / HTTP/1.1\r\nHost: x\r\nBad : 1\r\nx-a:2\r\n\r\n"


def test_a_host_header_goes_before_the_host_of_the_url_as_with_curl() -> None:
    question = Question.of("GET", "http://127.0.0.1:8080/", ["Host: shop.example"])
    assert (question.port, question.render()) == (8080, b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")


def test_connect_and_options_have_their_own_targets() -> None:
    assert Question.of("CONNECT", "http://x:443").render().startswith(b"CONNECT x:443 HTTP/1.1\r\n")
    assert Question.of("OPTIONS", "*", ["Host: x"]).render().startswith(b"OPTIONS * HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("url", "headers", "said"),
    [
        ("shop.example/a", [], "is no URL"),
        ("ftp://x/", [], "is no URL"),
        ("/a", [], "has no host"),
        ("http:///a", [], "has no host"),
        ("http://me:secret@x/", [], "leave user and password out"),
        ("http://x:99999/", [], "is no host and port"),
        ("http://x/", ["no colon"], "has no colon"),
    ],
)
def test_refuses_what_can_be_no_request(url: str, headers: list[str], said: str) -> None:
    with pytest.raises(BadQuestion, match=said):
        Question.of("GET", url, headers)


def test_port_of_an_authority() -> None:
    assert (port_of("x"), port_of("x:1"), port_of("[::1]"), port_of("[::1]:2")) == (None, 1, None, 2)
