"""Bad input from either side: a clear answer, a defined end of the connection, a counter, and traffic goes on."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from tests.support.bulk import BulkEndpoint, connect
from tests.support.supervised import get
from tests.support.weir_process import WeirProcess, gateway_on, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond
from tools.running import free_ports

HEAD_TIMEOUT_S = 0.5
PROCESS = {"timeouts": {"head": "500ms", "bodyIdle": "500ms"}}
GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
START = b"GET / HTTP/1.1\r\nHost: a.example\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a.example\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def client_hello() -> bytes:
    """The first flight of a real TLS client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="a.example")
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


MALFORMED = "weir_protocol_errors_total", ""
HEADER_LIMIT = "weir_limits_total", 'limit="header"'
URI_LIMIT = "weir_limits_total", 'limit="uriBytes"'

FROM_CLIENTS = {
    "garbage": (b"\x00\xff\x13\x37 what is this\r\n\r\n", 400, MALFORMED),
    "garbage without a line's end": (b"\xde\xad\xbe\xef" * 8, 400, MALFORMED),
    "a TLS hello": (client_hello(), 400, MALFORMED),
    "HTTP/2 without TLS": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, MALFORMED),
    "HTTP of another version": (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, MALFORMED),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, MALFORMED),
    "the same length twice": (POST + b"Content-Length: 1, 1\r\n\r\na", 400, MALFORMED),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\na", 400, MALFORMED),
    "a length with chunks": (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        MALFORMED,
    ),
    "an unknown coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, MALFORMED),
    "a chunk size that is no number": (CHUNKED + b"xyz\r\n", 400, MALFORMED),
    "a negative chunk size": (CHUNKED + b"-1\r\n", 400, MALFORMED),
    "a chunk size past 64 bits": (CHUNKED + b"f" * 17 + b"\r\n", 400, MALFORMED),
    "a chunk longer than its size": (CHUNKED + b"1\r\nabc\r\n0\r\n\r\n", 400, MALFORMED),
    "a bare LF": (b"GET / HTTP/1.1\nHost: a.example\n\n", 400, MALFORMED),
    "a bare CR": (START + b"A: b\rc\r\n\r\n", 400, MALFORMED),
    "a NUL": (START + b"A: b\0c\r\n\r\n", 400, MALFORMED),
    "a folded line": (START + b"A: b\r\n c\r\n\r\n", 400, MALFORMED),
    "a blank before the colon": (START + b"Content-Length : 5\r\n\r\nabcde", 400, MALFORMED),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400, MALFORMED),
    "two Hosts": (START + b"Host: b.example\r\n\r\n", 400, MALFORMED),
    "a target that disagrees with Host": (b"GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", 400, MALFORMED),
    "a header of 1 MiB": (START + b"A: " + b"x" * (1 << 20) + b"\r\n\r\n", 431, HEADER_LIMIT),
    "1 MiB of headers": (START + (b"A: " + b"x" * 1019 + b"\r\n") * 1024 + b"\r\n", 431, HEADER_LIMIT),
    "101 headers": (START + b"A: b\r\n" * 101 + b"\r\n", 431, HEADER_LIMIT),
    "a long target": (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a.example\r\n\r\n", 414, URI_LIMIT),
}


class Gateway:
    """The process before one endpoint, whose script each test sets."""

    def __init__(self, weir: WeirProcess, endpoint: ScriptedEndpoint) -> None:
        self.weir = weir
        self.endpoint = endpoint
        self.scripts: list[Callable[[EndpointConnection], Awaitable[None]]] = []
        self.clients: list[RawClient] = []

    async def client(self) -> RawClient:
        """Closed with the test."""
        self.clients.append(await RawClient.connect(self.weir.port))
        return self.clients[-1]

    async def counted(self, name: str, label: str = "") -> float:
        """The sum of the series of `name` with `label`."""
        key, _, value = label.partition("=")
        labels = {key: value.strip('"')} if key else {}
        return await asyncio.to_thread(self.weir.metric, name, **labels)

    async def still_serves(self) -> None:
        client = await self.client()
        assert (await client.ask(GET))[0] == 200
        assert (await client.ask(GET))[0] == 200


@pytest.fixture(scope="module")
def port_of_endpoint() -> int:
    (port,) = free_ports(1)
    return port


@pytest.fixture(scope="module")
def weir(tmp_path_factory: pytest.TempPathFactory, port_of_endpoint: int) -> Iterator[WeirProcess]:
    """One process for all: what one test does to it, the next would notice."""
    folder = tmp_path_factory.mktemp("weir")
    resources = static_backend("scripted", port_of_endpoint), route_to("scripted")
    with WeirProcess(folder, *resources, workers=1, process=PROCESS) as weir:
        yield weir
        assert weir.metric("weir_internal_errors_total") == 0
        assert "Traceback" not in weir.log


@pytest.fixture
async def gateway(weir: WeirProcess, port_of_endpoint: int) -> AsyncIterator[Gateway]:
    async def serve(connection: EndpointConnection) -> None:
        script = gateway.scripts.pop(0) if gateway.scripts else answer_all
        await script(connection)

    async with ScriptedEndpoint(serve, port_of_endpoint) as endpoint:
        gateway = Gateway(weir, endpoint)
        yield gateway
        for client in gateway.clients:
            client.close()


async def answer_all(connection: EndpointConnection) -> None:
    while True:
        await connection.head()
        connection.send(respond())


async def only_reads(connection: EndpointConnection) -> None:
    await connection.reader.read()


# From clients.


@pytest.mark.parametrize("what", FROM_CLIENTS)
async def test_a_client_that_sends_nonsense_is_told_and_its_connection_ends(gateway: Gateway, what: str) -> None:
    data, status, counter = FROM_CLIENTS[what]
    before = await gateway.counted(*counter)
    client = await gateway.client()
    client.send(data + GET)
    answer = await client.rest()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-type: application/problem+json" in head and b"proxy-status: weir; error=" in head
    assert b"connection: close" in head
    # What follows nonsense is not taken for another request.
    assert body.count(b"HTTP/1.1") == 0
    assert await gateway.counted(*counter) == before + 1
    assert gateway.endpoint.connections == 0 or data.startswith(CHUNKED)
    await gateway.still_serves()


async def test_a_head_that_comes_a_byte_at_a_time_is_given_up_in_time(gateway: Gateway) -> None:
    """Each byte comes well within the timeout, and none of them puts it off."""
    label = 'timeout="head"'
    before = await gateway.counted("weir_timeouts_total", label)
    client = await gateway.client()
    answer = asyncio.ensure_future(client.rest())
    for byte in GET:
        if answer.done():
            break
        client.send(bytes([byte]))
        await asyncio.wait([answer], timeout=HEAD_TIMEOUT_S / 10)
    assert (await answer).startswith(b"HTTP/1.1 408 ")
    assert await gateway.counted("weir_timeouts_total", label) == before + 1
    await gateway.still_serves()


async def test_a_body_that_stops_coming_is_given_up_in_time(gateway: Gateway) -> None:
    gateway.scripts.append(only_reads)
    label = 'timeout="bodyIdle"'
    before = await gateway.counted("weir_timeouts_total", label)
    client = await gateway.client()
    client.send(POST + b"Content-Length: 10\r\n\r\nabc")
    assert (await client.rest()).startswith(b"HTTP/1.1 408 ")
    assert await gateway.counted("weir_timeouts_total", label) == before + 1
    await gateway.still_serves()


@pytest.mark.parametrize("framing", [b"Content-Length: 10\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc"])
async def test_a_client_that_leaves_in_mid_body_takes_its_request_with_it(gateway: Gateway, framing: bytes) -> None:
    """The endpoint must not take the part for the whole: its connection breaks off."""
    arrived, rest = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        await connection.reader.readuntil(b"abc")
        arrived.set()
        try:
            rest.set_result(await connection.reader.read())
        except ConnectionResetError:
            rest.set_result(b"")

    gateway.scripts.append(script)
    before = await gateway.counted("weir_client_gone_total")
    client = await gateway.client()
    client.send(POST + framing)
    await asyncio.wait_for(arrived.wait(), 10)
    client.close()
    assert b"0\r\n\r\n" not in await asyncio.wait_for(rest, 10)
    assert await gateway.counted("weir_client_gone_total") == before + 1
    await gateway.still_serves()


# From endpoints.

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

BEFORE_AN_ANSWER = {
    "says nothing": b"",
    "stops in its head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "speaks something else": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "sends two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "sends a length with chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "sends bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "sends a NUL": b"HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 2\r\n\r\nok",
    "sends a header of 1 MiB": b"HTTP/1.1 200 OK\r\nA: " + b"x" * (1 << 20) + b"\r\n\r\n",
    "switches protocols unasked": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
}


def sends(data: bytes) -> Callable[[EndpointConnection], Awaitable[None]]:
    """An endpoint that takes a request, sends `data`, and closes."""

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(data)
        with suppress(ConnectionError):
            await connection.writer.drain()

    return script


@pytest.mark.parametrize("what", BEFORE_AN_ANSWER)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_an_endpoint_that_gives_no_answer_is_a_502(gateway: Gateway, what: str, method: bytes) -> None:
    """The client's own connection is sound and stays."""
    gateway.scripts.append(sends(BEFORE_AN_ANSWER[what]))
    before = await gateway.counted("weir_upstream_resets_total")
    client = await gateway.client()
    request = method + START.removeprefix(b"GET") + b"Content-Length: 0\r\n\r\n"
    status, fields, body = await client.ask(request)
    assert status == 502
    assert fields[b"proxy-status"].startswith(b"weir; error=") and b"127.0.0.1" not in body
    assert await gateway.counted("weir_upstream_resets_total") == before + 1
    assert (await client.ask(GET))[0] == 200
    await gateway.still_serves()


@pytest.mark.parametrize("resets", [False, True], ids=["closes", "resets"])
@pytest.mark.parametrize("framing", [LENGTH, CHUNKS + b"5\r\n", CHUNKS + b"3\r\nabc\r\n2\r\n"])
async def test_an_endpoint_that_breaks_off_in_its_body_breaks_off_the_client_too(
    gateway: Gateway, framing: bytes, *, resets: bool
) -> None:
    """The client sees that the body is not whole: short of its length, or without a last chunk."""
    await breaks_off_the_client(gateway, framing + b"z", b"", resets=resets)


async def test_an_endpoint_that_sends_a_bad_chunk_breaks_off_the_client_too(gateway: Gateway) -> None:
    await breaks_off_the_client(gateway, CHUNKS + b"1\r\nz", b"\r\nxyz\r\n", resets=False)


async def breaks_off_the_client(gateway: Gateway, begun: bytes, more: bytes, *, resets: bool) -> None:
    """The endpoint sends `begun`, up to its `z`, and when the client has that `more`, and ends its connection."""
    seen = asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(begun)
        await seen.wait()
        connection.send(more)
        if resets:
            connection.reset()

    gateway.scripts.append(script)
    before = await gateway.counted("weir_upstream_resets_total")
    client = await gateway.client()
    client.send(GET)
    await asyncio.wait_for(client.reader.readuntil(b"z"), 10)
    seen.set()
    rest = b""
    with suppress(ConnectionResetError):
        rest = await client.rest()
    assert rest in (b"", b"\r\n")
    assert await gateway.counted("weir_upstream_resets_total") == before + 1
    await gateway.still_serves()


@pytest.mark.parametrize("second", [respond(b"evil"), b"garbage"], ids=["a second answer", "garbage"])
async def test_what_an_endpoint_sends_behind_its_answer_reaches_nobody(gateway: Gateway, second: bytes) -> None:
    """The answer stands, the connection to the endpoint is not used again."""
    gateway.scripts.append(sends(respond(b"good") + second))
    client = await gateway.client()
    assert (await client.ask(GET))[2] == b"good"
    assert (await client.ask(GET))[2] == b"ok"
    assert gateway.endpoint.connections == 2
    await gateway.still_serves()


async def test_what_an_endpoint_sends_unasked_reaches_nobody(gateway: Gateway) -> None:
    """It comes once the connection idles, where the next request would take it for its answer."""

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(respond(b"good"))
        await answered.wait()
        connection.send(respond(b"evil"))
        await connection.reader.read()
        evicted.set()

    answered, evicted = asyncio.Event(), asyncio.Event()
    gateway.scripts.append(script)
    before = await gateway.counted("weir_upstream_connections_evicted_total")
    client = await gateway.client()
    assert (await client.ask(GET))[2] == b"good"
    answered.set()
    await asyncio.wait_for(evicted.wait(), 10)
    assert await gateway.counted("weir_upstream_connections_evicted_total") == before + 1
    assert (await client.ask(GET))[2] == b"ok"


# File descriptors.


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@pytest.mark.parametrize("ports", [1, 30])
def test_when_descriptors_are_used_up_clients_wait_without_cost_and_are_served_later(
    tmp_path: Path, ports: int
) -> None:
    """Of 120 clients only some are taken, each with a request that is not answered yet; the rest wait in the kernel."""
    count = 120
    with BulkEndpoint() as endpoint:
        weir = WeirProcess(
            tmp_path, static_backend("bulk", endpoint.port), route_to("bulk"), process={"fileDescriptors": 200}
        )
        weir.apply("gateway.yaml", gateway_on(weir.port, *free_ports(ports - 1)))
        with weir:
            (process,) = weir.workers()
            endpoint.go.clear()
            clients = [connect(weir.port) for _ in range(count)]
            for client in clients:
                client.send(b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx")
            weir.wait_until(lambda: weir.metric("weir_accept_pauses_total") >= 1)
            taken = weir.metric("weir_downstream_connections_active")
            assert 10 <= taken < count
            assert process.num_fds() < 200
            before_s = cpu_s(process)
            time.sleep(1.0)
            assert cpu_s(process) - before_s < 0.2
            assert get(weir.admin_port, "/readyz")[0] == 200
            endpoint.go.set()
            for client in clients:
                with closing(client):
                    start, _ = client.head()
                    assert start == b"HTTP/1.1 200 OK"
            weir.wait_until(lambda: weir.metric("weir_downstream_connections_active") == 0)
            assert weir.metric("weir_downstream_connections_total") == count
            assert get(weir.port)[0] == 200
            assert weir.metric("weir_upstream_connect_failures_total") == 0
