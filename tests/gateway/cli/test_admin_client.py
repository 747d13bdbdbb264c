"""Tests of questions to the admin API, against real servers that answer well and badly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.cli.admin_client import AdminClient, objects, texts
from gateway.cli.failure import Failed
from tools.running import free_ports

Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(respond: Respond) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


def answer(status: int, body: bytes, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def test_sends_the_token_and_the_parameters(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None]] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.path, handler.headers["Authorization"]))
        answer(200, b"{}")(handler)

    file = tmp_path / "token"
    file.write_text("secret\n", encoding="utf-8")
    with server(respond) as url:
        AdminClient(url.removeprefix("http://") + "/", file).get("/x", [("header", "a: b&c"), ("header", "d: e")])
    assert seen == [("/x?header=a%3A+b%26c&header=d%3A+e", "Bearer secret")]


def test_takes_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_ports(1)[0]}")
    monkeypatch.delenv("no_proxy", raising=False)
    with server(answer(200, b'{"routes": [{"rule": "a"}]}')) as url:
        assert AdminClient(url).get_objects("/api/v1/routes", "routes") == [{"rule": "a"}]


def test_a_gateway_that_is_not_there_is_said_with_what_to_look_at() -> None:
    with pytest.raises(Failed, match=r"the admin API at http://127\.0\.0\.1:\d+ does not answer: .*refused.*weir run"):
        AdminClient(f"http://127.0.0.1:{free_ports(1)[0]}").get("/x")


def test_a_refusal_is_said_with_its_detail() -> None:
    with (
        server(answer(401, b'{"detail": "a bearer token is needed"}')) as url,
        pytest.raises(Failed, match=r"/x answered 401: a bearer token is needed"),
    ):
        AdminClient(url).get("/x")
    with server(answer(500, b"<p>oops")) as url, pytest.raises(Failed, match="answered 500: <p>oops"):
        AdminClient(url).get("/x")


def test_a_redirect_is_not_followed() -> None:
    with server(answer(302, b"", location="http://127.0.0.1:1/")) as url, pytest.raises(Failed, match="answered 302"):
        AdminClient(url).get("/x")


@pytest.mark.parametrize("body", [b"rubbish", b"[]", b'{"other": []}', b'{"routes": 1}', b'{"routes": [1]}'])
def test_an_answer_that_is_something_else_is_said(body: bytes) -> None:
    with server(answer(200, body)) as url, pytest.raises(Failed, match="gave no list of routes"):
        AdminClient(url).get_objects("/api/v1/routes", "routes")


def test_a_token_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the token file cannot be read"):
        AdminClient("http://127.0.0.1:1", tmp_path / "none").get("/x")


@pytest.mark.parametrize("url", ["ftp://x", "http://[", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_said(url: str) -> None:
    with pytest.raises(Failed, match="does not answer"):
        AdminClient(url).get("/x")


def test_members_are_taken_only_as_what_they_are() -> None:
    assert objects([{"a": 1}]) == [{"a": 1}]
    assert texts(["a", 1]) == ["a", "1"]
    assert texts(None) == []
    with pytest.raises(TypeError):
        objects({"a": 1})
