"""Tests of `weir explain`: the same from files and from a gateway that runs."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path

from gateway.question import Question
from tests.support.weir_command import serving, weir, write_routes

ORDERS = "http://api.shop.example:{port}/orders/7?a=1"


def test_shows_the_decision_in_the_order_of_the_gateway(tmp_path: Path) -> None:
    ended = weir("explain", "GET", ORDERS.format(port=8080), "-c", write_routes(tmp_path), "--source", "10.0.0.9")
    assert ended.returncode == 0, ended.stderr
    shown = [
        "request   GET http://api.shop.example:8080/orders/7?a=1",
        "source    10.0.0.9 is not trusted",
        "outcome   forwarded, but 25 % of such requests are answered 500",
        "port      127.0.0.1:8080/tcp",
        "listener  shop/edge/http (hostname *.shop.example)",
        "route     HTTPRoute shop/orders, rule read, hostname api.shop.example",
        "match     GET PathPrefix /orders",
        "filter    RequestHeaderModifier: set x-a: 1",
        "filter    URLRewrite: prefix /v2",
        "timeouts  request 2 s, backend request 0.5 s",
        "backend 1: shop/orders, weight 3 (75 %)",
        "asked for  /v2/7?a=1, host api.shop.example:8080",
        "policy     loadBalancer.type=LeastRequest",
        "127.0.0.1:9001  3       east  serving  version=v1",
        "backend 2: 500: ",
        "no     api.shop.example  HTTPRoute shop/orders/moved  Exact /old, header x-b: 1",
        "yes    api.shop.example  HTTPRoute shop/orders/read",
        "BackendPolicy shop/orders",
    ]
    place = 0
    for text in shown:
        assert text in ended.stdout[place:], f"{text!r} in\n{ended.stdout}"
        place = ended.stdout.index(text, place)


def test_a_running_gateway_tells_the_same_with_what_it_knows(tmp_path: Path) -> None:
    with serving(tmp_path) as (admin, port):
        arguments = ["explain", "GET", ORDERS.format(port=port), "-H", "x-b: 1", "-o", "json"]
        live = weir(*arguments, "--admin", admin)
        written = weir(*arguments, "-c", tmp_path / "routes.yaml")
        beyond = weir("explain", "GET", f"http://api.shop.example:{port}/old", "--admin", admin, "--source", "nowhere")
    assert live.returncode == 0, live.stderr
    assert json.loads(live.stdout) == json.loads(written.stdout)
    assert beyond.returncode == 1
    assert "answered 400: the source 'nowhere' is no IP address" in beyond.stderr


def test_what_it_says_is_what_the_gateway_answers(tmp_path: Path) -> None:
    asked = [
        ("GET", "/old", ["Host: api.shop.example", "x-b: 1"]),
        ("GET", "/old", ["Host: api.shop.example", "x-b: 2"]),
        ("GET", "/orders", ["Host: other.example"]),
        ("GET", "/orders", ["Host: api.shop.example", "Content-Length: 1", "Content-Length: 2"]),
        ("GET", "/orders", ["Host: api.shop.example", "Folded: 1\r\n 2"]),
        ("GET", f"/{'a' * 9000}", ["Host: api.shop.example"]),
    ]
    statuses = []
    with serving(tmp_path) as (admin, port):
        for method, path, lines in asked:
            url = f"http://127.0.0.1:{port}{path}"
            headers = [option for line in lines for option in ("-H", line)]
            told = json.loads(weir("explain", method, url, *headers, "--admin", admin, "-o", "json").stdout)
            with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
                sock.sendall(Question.of(method, url, lines).render())
                answer = http.client.HTTPResponse(sock)
                answer.begin()
                assert told["status"] == answer.status, (path, lines)
                assert told["location"] == (answer.headers["Location"] or "")
                answer.close()
            statuses.append(told["status"])
    assert statuses == [301, 404, 404, 400, 400, 414]


def test_a_redirect_is_shown_with_its_place(tmp_path: Path) -> None:
    url = "http://api.shop.example:8080/old"
    ended = weir("explain", "GET", url, "-H", "X-B: 1", "-c", write_routes(tmp_path))
    assert "outcome   redirected: 301 to http://api.shop.example:8080/new" in ended.stdout


def test_a_request_that_no_route_takes_shows_why_and_the_routes_that_take_none(tmp_path: Path) -> None:
    ended = weir("explain", "POST", ORDERS.format(port=8080), "-c", write_routes(tmp_path))
    assert ended.returncode == 0
    assert "404: no route takes this host and path" in ended.stdout
    assert "method POST is not GET" in ended.stdout
    assert "HTTPRoute shop/stray" in ended.stdout


def test_what_cannot_be_a_request_is_a_wrong_command_line(tmp_path: Path) -> None:
    for arguments in (["GET", "/x"], ["GET", "http://x/", "-H", "none"], ["GET", "http://x/", "--admin", "http://y"]):
        ended = weir("explain", *arguments, "-c", write_routes(tmp_path))
        assert ended.returncode == 2
        assert ended.stderr.startswith("weir: error: ")
        assert ended.stderr.count("\n") == 1


def test_a_configuration_with_errors_is_not_explained(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("kind: [\n", encoding="utf-8")
    ended = weir("explain", "GET", "http://x/", "-c", file)
    assert ended.returncode == 1
    assert "bad.yaml:" in ended.stderr
    assert ended.stdout == ""


def test_a_share_that_a_policy_refuses_is_shown_with_its_refusal_and_no_endpoints(tmp_path: Path) -> None:
    file = write_routes(tmp_path)
    own = "{type: ExtensionRef, extensionRef: {group: weir.dev, kind: TrafficPolicy, name: own}}"
    text = file.read_text(encoding="utf-8").replace("name: missing, weight: 1}", f"name: orders, filters: [{own}]}}")
    policy = "{access: {sources: {deny: [127.0.0.0/8]}}}"
    metadata = "{name: own, namespace: shop}"
    text += f"---\napiVersion: weir.dev/v1\nkind: TrafficPolicy\nmetadata: {metadata}\nspec: {policy}\n"
    file.write_text(text, encoding="utf-8")
    ended = weir("explain", "GET", ORDERS.format(port=8080), "-c", file)
    assert "outcome   forwarded, but 25 % of such requests are answered 403" in ended.stdout
    _, _, refused = ended.stdout.partition("backend 2: shop/orders, weight 1 (25 %)\n")
    share = refused.partition("\n\n")[0]
    assert share.split(None, 1)[1].startswith("access.sources refuses it with 403: 127.0.0.1 is in 127.0.0.0/8")
    assert share.count("\n") == 0
