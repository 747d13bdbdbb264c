"""Faults, answers of Weir's own and security headers, from YAML to the wire."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from gateway.policy_world import compile_condition
from gateway.telemetry import metrics
from tests.support.as_written import ROUTE, serve_policy
from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello"
STAFF = b"GET /x HTTP/1.1\r\nHost: a.example\r\nX-Staff: 1\r\n\r\n"


@pytest.mark.parametrize("request_", [GET, POST])
async def test_a_direct_response_is_given_in_the_place_of_the_backends(request_: bytes) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "directResponse: {status: 404, body: gone, contentType: text/html}")
        client = await weir.client()
        for number in (1, 2):
            status, fields, body = await client.ask(request_)
            assert (status, fields[b"content-type"], body) == (404, b"text/html", b"gone")
            assert weir.count(metrics.POLICY_ANSWERS["directResponse"]) == number
        assert endpoint.connections == 0


async def test_maintenance_lets_through_whom_its_condition_names() -> None:
    spec = """\
        maintenance:
          response: {body: back at noon}
          retryAfter: 30m
          exceptWhen: 'request.headers["x-staff"] == "1"'
        """
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        serve_policy(weir, spec)
        client = await weir.client()
        status, fields, body = await client.ask(GET)
        assert (status, fields[b"retry-after"], body) == (503, b"1800", b"back at noon")
        assert weir.count(metrics.POLICY_ANSWERS["maintenance"]) == 1
        assert (await client.ask(STAFF))[2] == b"ok"


async def test_maintenance_is_for_those_that_access_lets_in() -> None:
    spec = """\
        access: {rules: [{name: staff, when: '!("x-staff" in request.headers)', action: Deny}]}
        maintenance: {}
        """
    async with gateway(None, condition=compile_condition) as weir:
        serve_policy(weir, spec)
        client = await weir.client()
        assert ((await client.ask(GET))[0], (await client.ask(STAFF))[0]) == (403, 503)


async def test_a_fault_delays_requests_and_bodies_stay_whole() -> None:
    async def echo(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(respond(await connection.body(5)))

    async with ScriptedEndpoint(echo) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "fault: {delay: {duration: 50ms}}")
        client = await weir.client()
        begun = asyncio.get_running_loop().time()
        assert (await client.ask(POST))[2] == b"hello"
        assert asyncio.get_running_loop().time() - begun >= 0.05
        assert weir.count(metrics.POLICY_DELAYS) == 1


async def test_the_time_of_the_policy_bounds_a_delay() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "fault: {delay: {duration: 1h}}\ntimeouts: {request: 100ms}")
        client = await weir.client()
        assert (await client.ask(GET))[0] == 504


async def test_a_fault_aborts_the_percent_that_is_set() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, "fault: {abort: {status: 418, percent: 25}}")
        client = await weir.client()
        seen = Counter([(await client.ask(GET))[0] for _ in range(400)])
        assert set(seen) == {200, 418}
        assert seen[418] == pytest.approx(100, abs=30), "over three standard deviations, and the draws are seeded"
        assert weir.count(metrics.POLICY_DENIALS["fault.abort"]) == seen[418]


async def test_a_fault_is_for_requests_of_its_condition() -> None:
    fault = """fault: {when: 'request.headers["x-staff"] == "1"', delay: {duration: 10ms}, abort: {status: 599}}"""
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        serve_policy(weir, fault)
        client = await weir.client()
        assert ((await client.ask(GET))[0], (await client.ask(STAFF))[0]) == (200, 599)
        assert weir.count(metrics.POLICY_DELAYS) == 1


SECURITY = "securityHeaders: {hsts: 1h, frameOptions: DENY, referrerPolicy: no-referrer}"


async def test_security_headers_are_set_where_the_backend_sets_none() -> None:
    async def own(connection: EndpointConnection) -> None:
        while True:
            await connection.head()
            connection.send(respond(extra=b"X-Frame-Options: SAMEORIGIN\r\n"))

    async with ScriptedEndpoint(own) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, SECURITY)
        client = await weir.client()
        client.send(GET)
        head = (await client.head()).lower()
        assert head.count(b"x-frame-options") == 1
        assert b"x-frame-options: sameorigin\r\n" in head
        assert b"x-content-type-options: nosniff\r\n" in head
        assert b"referrer-policy: no-referrer\r\n" in head
        assert b"strict-transport-security" not in head, "the client did not come by https"


async def test_security_headers_are_on_answers_of_weirs_own() -> None:
    async with gateway(None) as weir:
        client = await weir.client()
        for more in ("fault: {abort: {}}", "directResponse: {status: 200}", "access: {sources: {deny: [127.0.0.0/8]}}"):
            serve_policy(weir, f"{SECURITY}\n{more}")
            assert (await client.ask(GET))[1][b"x-frame-options"] == b"DENY"


async def test_hsts_is_sent_where_a_trusted_proxy_speaks_https() -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, SECURITY, process="{forwarding: {trustedProxies: [127.0.0.0/8]}}")
        client = await weir.client()
        _, fields, _ = await client.ask(GET.replace(b"\r\n\r\n", b"\r\nX-Forwarded-Proto: https\r\n\r\n"))
        assert fields[b"strict-transport-security"] == b"max-age=3600"
        assert b"strict-transport-security" not in (await client.ask(GET))[1]


async def test_a_filter_of_the_route_goes_before_a_security_header() -> None:
    route = ROUTE.replace(
        "rules: [{",
        "rules: [{filters: [{type: ResponseHeaderModifier, responseHeaderModifier: "
        "{set: [{name: X-Frame-Options, value: SAMEORIGIN}], remove: [Referrer-Policy]}}], ",
    )
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        serve_policy(weir, SECURITY, route=route)
        client = await weir.client()
        client.send(GET)
        head = (await client.head()).lower()
        assert head.count(b"x-frame-options") == 1
        assert b"x-frame-options: sameorigin\r\n" in head
        assert b"referrer-policy" not in head
