"""The filter ExternalAuth by the descriptions of its fields: what the server is asked, and what its answer does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.config.manifests import BACKEND_REF, Document, backend, gateway, grant, route
from tests.conformance.test_http_filters import ref, request_headers
from tests.support.served import Answer, Served, served, text_of
from tests.support.statuses import Statuses
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

BACKENDS = ["shop/orders", "shop/one"]


class Server:
    """An authorizer: keeps what it is asked, and answers with `status` and the header lines `extra`."""

    def __init__(self) -> None:
        self.status = b"200 OK"
        self.extra = b""
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        """Request line, fields in lower case, body."""

    async def __call__(self, connection: EndpointConnection) -> None:
        while True:
            line, *fields = (await connection.head()).decode().removesuffix("\r\n\r\n").split("\r\n")
            pairs = (field.partition(":") for field in fields)
            found = {name.lower(): value.strip() for name, _, value in pairs}
            body = await connection.body(int(found["content-length"]))
            self.asked.append((line, found, body))
            connection.send(respond(b"", status=self.status, extra=self.extra))


def auth(body: int | None = None, target: Document | None = None, **http: object) -> Document:
    spec: Document = {"protocol": "HTTP", "http": http, "backendRef": {**BACKEND_REF, "name": "auth", **(target or {})}}
    if body is not None:
        spec["forwardBody"] = {"maxSize": body}
    return {"type": "ExternalAuth", "externalAuth": spec}


def config(*filters: Document, refs: list[Document] | None = None, more: tuple[Document, ...] = ()) -> str:
    """One route with one rule."""
    rule: Document = {"filters": list(filters), "backendRefs": [ref()] if refs is None else refs}
    return text_of(gateway(), *(backend(name) for name in ("orders", "one", "auth")), route("a", rule), *more)


@asynccontextmanager
async def asking(text: str) -> AsyncIterator[tuple[Served, Server]]:
    server = Server()
    async with ScriptedEndpoint(server) as endpoint, served(text, BACKENDS) as weir:
        weir.lead("shop/auth", endpoint.port)
        yield weir, server


async def post(weir: Served, body: bytes, extra: bytes = b"") -> tuple[int, bytes]:
    """Status and what the backend told of the request that it got."""
    client = await RawClient.connect(weir.port(8080))
    try:
        head = b"POST /x HTTP/1.1\r\nHost: a.example\r\n%bContent-Length: %d\r\n\r\n" % (extra, len(body))
        status, _, told = await client.ask(head + body)
    finally:
        client.close()
    return status, told


async def test_without_a_list_the_server_gets_what_it_must_always_get_and_no_more() -> None:
    async with asking(config(auth())) as (weir, server):
        answer = await weir.ask("/a?b=c", "Authorization: Bearer x", "X-A: 1", "X-Forwarded-For: 8.8.8.8", method="PUT")
        assert answer.backend == "orders"
        assert (await weir.ask("/")).status == 200
    (line, fields, body), (_, plain, _) = server.asked
    assert line == "PUT /a?b=c HTTP/1.1"
    assert fields == {"host": "a.example", "authorization": "Bearer x", "content-length": "0"}
    assert plain == {"host": "a.example", "content-length": "0"}
    assert body == b""


async def test_headers_that_are_listed_are_sent_beside_these() -> None:
    async with asking(config(auth(allowedHeaders=["X-A", "X-Forwarded-For"]))) as (weir, server):
        await weir.ask("/", "X-A: 1", "X-B: 2", "X-Forwarded-For: 8.8.8.8")
    ((_, fields, _),) = server.asked
    assert fields == {"host": "a.example", "x-a": "1", "x-forwarded-for": "127.0.0.1", "content-length": "0"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/check/", "/check/a"),
        ("check", "/check/a"),
        ("/", "/a"),
        ("/x/../../check//./y", "/check/y/a"),
        ("/x/%2e%2E/check", "/check/a"),
    ],
)
async def test_the_path_goes_before_that_of_the_request_and_is_sanitized(path: str, line: str) -> None:
    async with asking(config(auth(path=path))) as (weir, server):
        await weir.ask("/a")
    assert server.asked[0][0] == f"GET {line} HTTP/1.1"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(b"200 OK", 200), (b"201 Created", 403), (b"204 No", 403), (b"401 No", 401), (b"500 E", 503)],
)
async def test_200_alone_lets_in(status: bytes, expected: int) -> None:
    async with asking(config(auth())) as (weir, server):
        server.status = status
        assert (await weir.ask()).status == expected
        assert len(weir.heads) == (expected == 200)


async def test_where_the_server_cannot_be_asked_nobody_comes_in() -> None:
    async with asking(config(auth())) as (weir, _):
        weir.lead("shop/auth")
        assert (await weir.ask()).status == 503
        assert weir.heads == []


@pytest.mark.parametrize(
    ("target", "more", "reason"),
    [
        ({"name": "none"}, (), "BackendNotFound"),
        ({"kind": "Secret"}, (), "InvalidKind"),
        ({"name": "far", "namespace": "vault"}, (), "RefNotPermitted"),
    ],
)
async def test_a_server_that_does_not_resolve_lets_nobody_in_and_the_route_is_told(
    target: Document, more: tuple[Document, ...], reason: str
) -> None:
    text = config(auth(target=target), more=(backend("far", namespace="vault"), *more))
    async with asking(text) as (weir, server):
        assert (await weir.ask()).status == 500
        assert (weir.heads, server.asked) == ([], [])
    assert Statuses(text).parent("a")["ResolvedRefs"] == ("False", reason)


async def test_a_server_of_another_namespace_is_asked_where_a_grant_permits_it() -> None:
    far = backend("far", namespace="vault")
    permit = grant("vault", {"group": "weir.dev", "kind": "Backend"})
    text = config(auth(target={"name": "far", "namespace": "vault"}), more=(far, permit))
    server = Server()
    async with ScriptedEndpoint(server) as endpoint, served(text, BACKENDS) as weir:
        weir.lead("vault/far", endpoint.port)
        assert (await weir.ask()).status == 200
    assert len(server.asked) == 1
    assert Statuses(text).parent("a")["ResolvedRefs"][0] == "True"


@pytest.mark.parametrize("size", [None, 0])
async def test_without_a_size_no_body_is_sent(size: int | None) -> None:
    async with asking(config(auth(size))) as (weir, server):
        assert (await post(weir, b"hello"))[0] == 200
    ((_, fields, body),) = server.asked
    assert (fields["content-length"], body) == ("0", b"")


async def test_a_body_up_to_the_size_is_sent_with_its_length_and_goes_on_whole() -> None:
    async with asking(config(auth(5))) as (weir, server):
        for body in (b"hello", b"hi"):
            status, told = await post(weir, body)
            assert status == 200 and b'"content-length": ["%d"]' % len(body) in told
            _, fields, seen = server.asked[-1]
            assert (fields["content-length"], seen) == (str(len(body)), body)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 6\r\n\r\nhello!", b"Transfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n"]
)
async def test_a_longer_body_is_refused_and_nothing_of_it_is_sent(framing: bytes) -> None:
    async with asking(config(auth(5))) as (weir, server):
        client = await RawClient.connect(weir.port(8080))
        assert (await client.ask(b"POST / HTTP/1.1\r\nHost: a.example\r\n" + framing))[0] == 413
        client.close()
        assert (weir.heads, server.asked) == ([], [])


async def test_without_a_list_all_that_the_server_says_of_the_request_goes_on() -> None:
    async with asking(config(auth())) as (weir, server):
        server.extra = (
            b"X-User: alice\r\nX-Group: a\r\nX-Group: b\r\nHost: mallory.example\r\nContent-Type: text/x\r\n"
            b"Connection: x-hop\r\nX-Hop: 1\r\nDate: now\r\nX-Forwarded-For: 8.8.8.8\r\n"
        )
        got = (await weir.ask("/", "X-User: mallory", "Content-Type: application/json")).asked
    assert (got["x-user"], got["x-group"]) == (["alice"], ["a", "b"])
    assert (got["host"], got["content-type"]) == (["a.example"], ["application/json"])
    assert got["x-forwarded-for"] == ["127.0.0.1"]
    assert not {"x-hop", "date", "content-length"} & got.keys()


async def test_of_a_list_of_headers_those_alone_go_on() -> None:
    async with asking(config(auth(allowedResponseHeaders=["X-User", "X-Group"]))) as (weir, server):
        server.extra = b"X-User: alice\r\nX-Other: 1\r\n"
        got = (await weir.ask("/", "X-User: mallory", "X-Group: admins")).asked
    assert got["x-user"] == ["alice"]
    assert "x-other" not in got and "x-group" not in got


async def test_it_is_asked_behind_cors_and_before_headers_are_changed() -> None:
    cors = {"type": "CORS", "cors": {"allowOrigins": ["https://a.example"], "allowMethods": ["PUT"]}}
    edit = request_headers(set=[{"name": "Authorization", "value": "weir"}])
    async with asking(config(edit, auth(), cors)) as (weir, server):
        preflight = ("Origin: https://a.example", "Access-Control-Request-Method: PUT")
        assert (await weir.ask("/", *preflight, method="OPTIONS")).status in (200, 204)
        assert server.asked == []
        answer = await weir.ask("/", "Authorization: Bearer x")
    assert server.asked[0][1]["authorization"] == "Bearer x"
    assert answer.asked["authorization"] == ["weir"]


async def test_nobody_whom_it_refuses_gets_an_answer_of_a_policy() -> None:
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "a"}
    spec = {"targetRefs": [target], "directResponse": {"status": 200, "body": "secret"}}
    policy: Document = {
        "apiVersion": "weir.dev/v1",
        "kind": "TrafficPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": spec,
    }
    async with asking(config(auth(), more=(policy,))) as (weir, server):
        assert (await weir.ask()).body == b"secret"
        server.status = b"403 No"
        assert (await weir.ask()).status == 403


async def test_of_a_backend_it_is_asked_for_its_share_alone() -> None:
    async with asking(config(refs=[ref("orders"), ref("one", auth(64))])) as (weir, server):
        server.status = b"403 No"
        answers: list[Answer] = [await weir.ask() for _ in range(4)]
        assert sorted(answer.status for answer in answers) == [200, 200, 403, 403]
        assert {answer.backend for answer in answers} == {"orders", ""}
        assert len(server.asked) == 2
        server.status = b"200 OK"
        assert {(await weir.ask()).backend for _ in range(2)} == {"orders", "one"}


@pytest.mark.parametrize("kept", ["", "buffering"])
async def test_of_a_backend_it_sees_bodies_also_where_they_are_taken_whole_before(kept: str) -> None:
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "a"}
    spec: Document = {"targetRefs": [target], **({kept: {"maxBytes": "1Ki"}} if kept else {"bodyBytes": "1Ki"})}
    policy: Document = {
        "apiVersion": "weir.dev/v1",
        "kind": "TrafficPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": spec,
    }
    async with asking(config(refs=[ref("one", auth(5))], more=(policy,))) as (weir, server):
        status, told = await post(weir, b"hello")
        assert status == 200 and b'"content-length": ["5"]' in told
        assert server.asked[0][2] == b"hello"
        assert (await post(weir, b"hello!"))[0] == 413
        assert weir.service.buffered_bytes == 0


@pytest.mark.parametrize("of_backend", [False, True])
async def test_of_a_server_that_speaks_grpc_the_traffic_is_refused_and_the_route_is_told(*, of_backend: bool) -> None:
    spec = {"protocol": "GRPC", "grpc": {}, "backendRef": {**BACKEND_REF, "name": "auth"}}
    filter_: Document = {"type": "ExternalAuth", "externalAuth": spec}
    text = config(refs=[ref("one", filter_)]) if of_backend else config(filter_)
    async with asking(text) as (weir, server):
        assert (await weir.ask()).status == 500
        assert (weir.heads, server.asked) == ([], [])
    conditions = Statuses(text).parent("a")
    assert conditions["PartiallyInvalid" if of_backend else "Accepted"][1] == "UnsupportedValue"
