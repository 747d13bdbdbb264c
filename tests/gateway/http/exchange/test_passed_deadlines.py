"""`timeouts.passDeadline`: what the endpoint is told of the time that is left."""

from __future__ import annotations

import pytest

from discovery.endpoint import EndpointSet
from tests.support.as_written import serve_policy
from tests.support.data_path import BACKEND, gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

TRUSTING = "{forwarding: {trustedProxies: [127.0.0.0/8]}}"


async def told(spec: str, *lines: bytes, process: str = "{}", ahead_s: float = 0.0) -> list[dict[bytes, bytes]]:
    """The fields of each try of a request with `lines`; the first is answered 503 after `ahead_s` more."""
    heads: list[dict[bytes, bytes]] = []

    async def script(connection: EndpointConnection) -> None:
        while True:
            head = (await connection.head()).lower()
            heads.append(dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2]))
            first = len(heads) == 1
            if first:
                weir.clock.ahead_s += ahead_s
            connection.send(respond(b"", status=b"503 X" if first else b"200 OK"))

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        view = weir.service.backends[BACKEND].backend.view
        serve_policy(weir, spec, process=process)
        weir.service.apply_endpoints(EndpointSet(BACKEND, view.endpoints, "static", 0.0))
        request = b"\r\n".join([b"GET / HTTP/1.1", b"Host: a.example", *lines, b"", b""])
        await (await weir.client()).ask(request)
    return heads


def left_ms(fields: dict[bytes, bytes]) -> int:
    return int(fields[b"x-request-deadline"])


async def test_the_endpoint_is_told_what_is_left_and_each_try_anew() -> None:
    retry = "retry: {on: [5xx], backoff: {base: 0s, max: 0s}, budget: {percent: 100}}"
    first, second = await told(f"timeouts: {{request: 60s, passDeadline: true}}\n{retry}", ahead_s=20.0)
    assert 30_000 < left_ms(first) <= 60_000
    assert left_ms(first) - left_ms(second) >= 20_000
    assert second[b"x-weir-attempt"] == b"2"
    assert b"grpc-timeout" not in first


async def test_the_time_of_one_try_is_told_where_it_is_shorter() -> None:
    (fields,) = await told("timeouts: {request: 60s, backendRequest: 5s, passDeadline: true}")
    assert left_ms(fields) <= 5_000


async def test_a_call_has_no_longer_than_its_client_waits() -> None:
    lines = (b"Content-Type: application/grpc", b"Grpc-Timeout: 3S")
    (fields,) = await told("timeouts: {request: 60s, passDeadline: true}", *lines)
    assert left_ms(fields) <= 3_000
    assert fields[b"grpc-timeout"] == b"%dm" % left_ms(fields)


@pytest.mark.parametrize(("process", "bound_ms"), [("{}", 60_000), (TRUSTING, 2_000)])
async def test_a_gateway_before_is_believed_where_it_is_trusted(process: str, bound_ms: int) -> None:
    spec = "timeouts: {request: 60s, passDeadline: true}"
    (fields,) = await told(spec, b"X-Request-Deadline: 2000", process=process)
    assert bound_ms // 2 < left_ms(fields) <= bound_ms


async def test_without_a_bound_nothing_is_told() -> None:
    (fields,) = await told("timeouts: {request: 0s, passDeadline: true}")
    assert b"x-request-deadline" not in fields
