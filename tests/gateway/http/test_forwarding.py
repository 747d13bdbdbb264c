"""What the endpoint is told about the client, on the wire."""

from __future__ import annotations

from tests.support.data_path import gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


async def test_forwarding_fields_of_an_untrusted_client_are_replaced() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint) as weir:
        client = await weir.client()
        await client.ask(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
            b"X-Forwarded-Proto: https\r\n\r\n"
        )
    assert b"6.6.6.6" not in heads[0]
    assert b"https" not in heads[0]


async def test_forwarding_fields_of_a_trusted_proxy_are_extended() -> None:
    heads: list[bytes] = []

    async def script(connection: EndpointConnection) -> None:
        heads.append(await connection.head())
        connection.send(respond())

    spec = {"forwarding": {"trustedProxies": ["127.0.0.0/8"], "forwarded": True}}
    async with ScriptedEndpoint(script) as endpoint, gateway(endpoint, process=spec) as weir:
        client = await weir.client()
        await client.ask(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
            b"X-Request-Id: abc\r\n\r\n"
        )
    assert b"\r\nx-forwarded-for: 6.6.6.6, 127.0.0.1\r\n" in heads[0]
    assert b"\r\nx-forwarded-proto: https\r\n" in heads[0]
    assert b"\r\nx-request-id: abc\r\n" in heads[0]
    assert b'\r\nforwarded: for=127.0.0.1;host="a";proto=http\r\n' in heads[0]
