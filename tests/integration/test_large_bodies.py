"""What is large streams through in little memory, and ten thousand idle connections are held."""

from __future__ import annotations

import contextlib
import logging
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bulk import MIB, BulkEndpoint, PeakMemory, Wire, connect, sum_of, until_stalled
from tests.support.supervised import get
from tests.support.weir_process import WeirProcess, route_to, static_backend

GIB = 1024 * MIB
GROWTH_LIMIT = 64 * MIB
STALLED_LIMIT = 16 * MIB
"""Growth of memory while one side does not read at all."""
KERNEL_LIMIT = 40 * MIB
"""What the kernel's own buffers of two connections may hold, generously."""
CONNECTIONS = 10_000
DESCRIPTORS_NEEDED = CONNECTIONS + 500

log = logging.getLogger("weir.tests")


@pytest.fixture
def endpoint() -> Iterator[BulkEndpoint]:
    with BulkEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def weir(tmp_path: Path, endpoint: BulkEndpoint) -> Iterator[WeirProcess]:
    """One worker, so that all there is to measure is in one process."""
    with WeirProcess(tmp_path, static_backend("bulk", endpoint.port), route_to("bulk"), workers=1) as weir:
        yield weir


@pytest.fixture
def client(weir: WeirProcess) -> Iterator[Wire]:
    with contextlib.closing(connect(weir.port)) as client:
        yield client


@pytest.fixture
def peak(weir: WeirProcess, client: Wire) -> PeakMemory:
    """Measured from when the gateway has served one small request."""
    upload(client, 1000, chunked=False)
    assert answer(client) == repr(sum_of(1000))
    return PeakMemory(weir.workers()[0])


def upload(client: Wire, length: int, *, chunked: bool) -> None:
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % length
    client.send(b"POST /upload HTTP/1.1\r\nHost: a.example\r\n%b\r\n\r\n" % framing)
    client.send_body(length, chunked=chunked)


def ask_for(client: Wire, length: int, *, chunked: bool) -> None:
    kind = b"download-chunked" if chunked else b"download"
    client.send(b"GET /%b/%d HTTP/1.1\r\nHost: a.example\r\n\r\n" % (kind, length))


def answer(client: Wire) -> str:
    """A small answer's body."""
    start, fields = client.head()
    assert start == b"HTTP/1.1 200 OK"
    length = int(fields[b"content-length"])
    body = b""
    while len(body) < length:
        body += bytes(client.read(length - len(body)))
    return body.decode()


@pytest.mark.slow
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_one_gibibyte_goes_up_in_little_memory(client: Wire, peak: PeakMemory, *, chunked: bool) -> None:
    upload(client, GIB, chunked=chunked)
    assert answer(client) == repr(sum_of(GIB))
    log.info("upload grew memory by %.1f MiB", peak.growth_bytes() / MIB)
    assert peak.growth_bytes() < GROWTH_LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_one_gibibyte_comes_down_in_little_memory(client: Wire, peak: PeakMemory, *, chunked: bool) -> None:
    ask_for(client, GIB, chunked=chunked)
    start, fields = client.head()
    assert start == b"HTTP/1.1 200 OK"
    assert client.receive_body(fields) == sum_of(GIB)
    log.info("download grew memory by %.1f MiB", peak.growth_bytes() / MIB)
    assert peak.growth_bytes() < GROWTH_LIMIT


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_client_that_pauses_holds_the_endpoint_back(
    client: Wire, endpoint: BulkEndpoint, peak: PeakMemory, *, chunked: bool
) -> None:
    length = 64 * MIB
    ask_for(client, length, chunked=chunked)
    assert until_stalled(endpoint) < KERNEL_LIMIT
    _, fields = client.head()
    parts = client.body(fields)
    while next(parts) < 8 * MIB:
        pass
    # Once more, further on.
    assert until_stalled(endpoint) < length
    for _ in parts:
        pass
    assert peak.growth_bytes() < STALLED_LIMIT
    assert client.received == sum_of(length)
    upload(client, 1000, chunked=chunked)
    assert answer(client) == repr(sum_of(1000))


def test_an_endpoint_that_pauses_holds_the_client_back(client: Wire, endpoint: BulkEndpoint, peak: PeakMemory) -> None:
    endpoint.go.clear()
    length = 64 * MIB
    sending = threading.Thread(target=upload, args=(client, length), kwargs={"chunked": False}, daemon=True)
    sending.start()
    assert until_stalled(client) < KERNEL_LIMIT
    assert peak.growth_bytes() < STALLED_LIMIT
    endpoint.go.set()
    assert answer(client) == repr(sum_of(length))
    sending.join()


def test_a_client_that_pipelines_and_does_not_read_is_held_back(
    client: Wire, endpoint: BulkEndpoint, peak: PeakMemory
) -> None:
    """Each answer is small enough to be written whole; together they are not."""
    count, length = 2000, 60_000
    for _ in range(count):
        ask_for(client, length, chunked=False)
    assert until_stalled(endpoint) < KERNEL_LIMIT
    assert peak.growth_bytes() < STALLED_LIMIT
    expected = sum_of(length)
    for _ in range(count):
        _, fields = client.head()
        client.received = type(client.received)()
        assert client.receive_body(fields) == expected


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Room for as many sockets in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < DESCRIPTORS_NEEDED:
        pytest.skip(f"needs {DESCRIPTORS_NEEDED} file descriptors, the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS_NEEDED), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def held_by(weir: WeirProcess) -> int:
    """Resident memory of all workers."""
    return sum(worker.memory_info().rss for worker in weir.workers())


@pytest.mark.slow
@pytest.mark.usefixtures("many_descriptors")
def test_ten_thousand_idle_connections_are_held_and_can_ask_again(tmp_path: Path, endpoint: BulkEndpoint) -> None:
    small = repr(sum_of(0))
    with (
        WeirProcess(tmp_path, static_backend("bulk", endpoint.port), route_to("bulk"), workers=2) as weir,
        contextlib.ExitStack() as held,
    ):
        before = held_by(weir)
        clients = []
        for number in range(CONNECTIONS):
            client = held.enter_context(contextlib.closing(connect(weir.port, f"127.0.0.{2 + number % 4}")))
            upload(client, 0, chunked=False)
            assert answer(client) == small
            clients.append(client)
        assert weir.metric("weir_downstream_connections_active") == CONNECTIONS
        grown = (held_by(weir) - before) / CONNECTIONS
        log.info("%d idle connections hold %.1f KiB each", CONNECTIONS, grown / 1024)
        for client in clients[::20]:
            upload(client, 0, chunked=False)
            assert answer(client) == small
        assert weir.metric("weir_downstream_connections_active") == CONNECTIONS
        held.close()
        weir.wait_until(lambda: weir.metric("weir_downstream_connections_active") == 0)
        assert get(weir.port, "/upload")[0] == 200
