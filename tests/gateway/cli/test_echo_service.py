"""Tests of what the echo service answers, and of its end."""

from __future__ import annotations

import http.client
import signal
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.weir_command import Echo


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    with Echo("--name", "e") as started:
        yield started


def test_tells_what_arrived(echo: Echo) -> None:
    told = echo.ask("POST", "/a%20b/../c?x=1&x=2", [("X-A", "1")], b"four")
    assert (told["method"], told["path"], told["query"]) == ("POST", "/a%20b/../c", "x=1&x=2")
    assert told["bodyBytes"] == 4
    headers = told["headers"]
    assert isinstance(headers, dict)
    assert headers["x-a"] == "1"
    assert str(told["client"]).startswith("127.0.0.1:")


def test_joins_the_lines_of_a_header_and_takes_a_chunked_body(echo: Echo) -> None:
    lines = (
        b"PUT / HTTP/1.1\r\nhost: x\r\nx-a: 1\r\nX-A: 2\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", echo.port), timeout=10) as sock:
        sock.sendall(lines)
        answer = http.client.HTTPResponse(sock, method="PUT")
        answer.begin()
        body = answer.read().decode()
        answer.close()
    assert '"x-a": "1, 2"' in body
    assert '"bodyBytes": 5' in body


def test_tells_a_client_that_waits_with_its_body_to_go_on(echo: Echo) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\nconnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", echo.port), timeout=10) as sock:
        sock.sendall(head)
        assert sock.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"four")
        answer = http.client.HTTPResponse(sock, method="POST")
        answer.begin()
        assert '"bodyBytes": 4' in answer.read().decode()
        answer.close()


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PATCH", "REPORT"])
def test_answers_any_method(echo: Echo, method: str) -> None:
    assert echo.ask(method, "/x")["method"] == method


def test_healthz_answers_at_once_where_other_answers_wait() -> None:
    with (
        Echo("--delay", "600") as slow,
        urllib.request.urlopen(f"http://127.0.0.1:{slow.port}/healthz", timeout=20) as answer,
    ):
        assert (answer.status, answer.read()) == (200, b"ok\n")


def test_what_is_in_flight_at_a_signal_is_answered() -> None:
    with Echo("--delay", "0.5") as slow, socket.create_connection(("127.0.0.1", slow.port), timeout=20) as sock:
        sock.sendall(b"GET /last HTTP/1.1\r\nhost: x\r\n\r\n")
        # Health is answered on a second connection only once the loop has taken the first request.
        urllib.request.urlopen(f"http://127.0.0.1:{slow.port}/healthz", timeout=20).close()
        slow.signal()
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert b'"path": "/last"' in answer.read()
        assert answer.headers["Connection"] == "close"
        answer.close()
        assert slow.ended() == (0, "", "")


def test_second_signal_does_not_wait_for_what_is_in_flight() -> None:
    with Echo("--delay", "600") as slow, socket.create_connection(("127.0.0.1", slow.port), timeout=20) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        urllib.request.urlopen(f"http://127.0.0.1:{slow.port}/healthz", timeout=20).close()
        slow.signal(signal.SIGTERM)
        slow.signal(signal.SIGINT)
        assert slow.ended()[0] == 0
