"""The CORS filter from YAML to the wire: preflights answered before policies, answers told who may read."""

from __future__ import annotations

import pytest

from gateway.policy_world import compile_condition
from gateway.telemetry import metrics
from tests.support.as_written import serve
from tests.support.browser_rules import Fields, Script, fields_of
from tests.support.data_path import Gateway, gateway
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

A, B = b"https://a.example", b"https://b.example"
CREDENTIALS = "allowOrigins: [https://a.example], allowMethods: [PUT], allowHeaders: [x-one], allowCredentials: true"
OPEN = 'allowOrigins: ["*"], exposeHeaders: ["*"]'


def route(rule: str = "", ref: str = "") -> str:
    """A route whose rule and backendRef have CORS filters with these members."""
    filters = [f"[{{type: CORS, cors: {{{members}}}}}]" if members else "[]" for members in (rule, ref)]
    backend = f"{{group: weir.dev, kind: Backend, name: b, filters: {filters[1]}}}"
    return f"""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: all, namespace: d}}
spec:
  parentRefs: [{{name: g}}]
  rules: [{{filters: {filters[0]}, backendRefs: [{backend}]}}]
"""


NOBODY = """\
---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {name: p, namespace: d}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: all}]
  access: {rules: [{name: nobody, when: "true", action: Deny}]}
"""


async def open_to_all(connection: EndpointConnection) -> None:
    """An endpoint with CORS headers of its own."""
    while True:
        await connection.head()
        own = b"Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: x-all\r\nETag: x\r\nX-Own: y\r\n"
        connection.send(respond(extra=own))


async def asked(client: RawClient, method: str, *lines: str) -> tuple[int, Fields]:
    """Status and fields of the answer."""
    client.send("\r\n".join([f"{method} /x HTTP/1.1", "Host: a.example", *lines, "", ""]).encode())
    head = await client.head()
    fields = fields_of(head[:-4].split(b"\r\n")[1:])
    await client.reader.readexactly(int(fields[b"content-length"][0]))
    return int(head.split(b" ")[1]), fields


async def played(weir: Gateway, script: Script) -> tuple[bool, bool, Fields]:
    """What a browser lets `script` do, over the wire: send its request, know of the answer; and the answer's fields."""
    client = await weir.client()
    if script.needs_preflight:
        status, fields = await asked(client, "OPTIONS", *script.preflight())
        if not script.may_send(status, fields):
            return False, False, fields
    _, fields = await asked(client, script.method.decode(), script.preflight()[0])
    return True, script.passes(fields), fields


@pytest.mark.parametrize("place", ["rule", "ref"])
@pytest.mark.parametrize(
    ("script", "sent", "known"),
    [
        (Script(A), True, True),
        (Script(A, credentials=True), True, True),
        (Script(A, b"PUT", (b"x-one",), credentials=True), True, True),
        (Script(A, b"DELETE", (), credentials=True), False, False),
        (Script(A, b"PUT", (b"x-two",)), False, False),
        (Script(B), True, False),
        (Script(B, b"PUT"), False, False),
    ],
)
async def test_a_browser_may_do_what_the_filter_allows(place: str, script: Script, *, sent: bool, known: bool) -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint) as weir:
        serve(weir, route(**{place: CREDENTIALS}))
        assert (await played(weir, script))[:2] == (sent, known)


async def test_a_preflight_is_answered_before_policies_and_backends_are_asked() -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        serve(weir, route(rule=CREDENTIALS) + NOBODY)
        sent, known, fields = await played(weir, Script(A, b"PUT"))
        assert (sent, known) == (True, True)
        assert fields[b"content-type"] == [b"application/problem+json"], "a page can read why it was refused"
        assert endpoint.connections == 0


async def test_a_preflight_of_another_origin_is_refused_and_counted() -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint) as weir:
        for number, place in enumerate(("rule", "ref"), 1):
            serve(weir, route(**{place: CREDENTIALS}))
            status, fields = await asked(await weir.client(), "OPTIONS", *Script(B, b"PUT").preflight())
            assert status == 403
            assert not [name for name in fields if name.startswith(b"access-control-")]
            assert weir.count(metrics.POLICY_DENIALS["CORS"]) == number
        assert endpoint.connections == 0


async def test_what_the_backend_says_of_cors_is_dropped_for_everybody() -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint) as weir:
        serve(weir, route(rule=CREDENTIALS))
        client = await weir.client()
        for lines in ((), (f"Origin: {B.decode()}",)):
            _, fields = await asked(client, "GET", *lines)
            assert not [name for name in fields if name.startswith(b"access-control-")]
            assert fields[b"vary"] == [b"origin"]


async def test_another_options_request_goes_to_the_backend() -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint) as weir:
        serve(weir, route(rule=CREDENTIALS))
        _, fields = await asked(await weir.client(), "OPTIONS", f"Origin: {A.decode()}")
        assert fields[b"x-own"] == [b"y"]
        assert fields[b"access-control-allow-origin"] == [A]


@pytest.mark.parametrize("credentials", [False, True])
async def test_a_wildcard_exposes_all_fields_with_and_without_credentials(*, credentials: bool) -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint) as weir:
        serve(weir, route(rule=f"{OPEN}, allowCredentials: {str(credentials).lower()}"))
        script = Script(B, credentials=credentials)
        _, known, fields = await played(weir, script)
        assert known
        assert all(script.may_read(name, fields) for name in (b"etag", b"x-own"))
        assert (b"*" in fields[b"access-control-expose-headers"][0]) is not credentials


async def test_filter_of_the_backend_ref_has_the_last_word_on_answers() -> None:
    async with ScriptedEndpoint(open_to_all) as endpoint, gateway(endpoint) as weir:
        serve(weir, route(rule=OPEN, ref=CREDENTIALS))
        assert (await played(weir, Script(B)))[:2] == (True, False)
        _, known, fields = await played(weir, Script(A, credentials=True))
        assert known
        assert fields[b"vary"] == [b"origin"]


async def test_a_redirect_tells_who_may_follow() -> None:
    elsewhere = "{type: RequestRedirect, requestRedirect: {hostname: other.example}}"
    documents = f"""\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: all, namespace: d}}
spec:
  parentRefs: [{{name: g}}]
  rules: [{{filters: [{{type: CORS, cors: {{{CREDENTIALS}}}}}, {elsewhere}]}}]
"""
    async with gateway(None) as weir:
        serve(weir, documents)
        status, fields = await asked(await weir.client(), "GET", f"Origin: {A.decode()}")
        assert status == 302
        assert Script(A, credentials=True).passes(fields)
