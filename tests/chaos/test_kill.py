"""What the death of each process costs: a worker its own connections, everything else nothing."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from gateway.supervisor import Exit
from tests.support.consul_agent import ConsulAgent
from tests.support.fleet import FleetEndpoint
from tests.support.load import GET, Load
from tests.support.supervised import get
from tests.support.weir_process import WeirProcess, consul_backend, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint

COUNTER = re.compile(r"^(weir_\w+_(?:total|bucket|sum|count)(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)
BACKEND = "default/orders"


@pytest.fixture
async def endpoint() -> AsyncIterator[FleetEndpoint]:
    async with FleetEndpoint("steady") as endpoint:
        yield endpoint


@pytest.fixture
def weir(tmp_path: Path, endpoint: FleetEndpoint) -> Iterator[WeirProcess]:
    """Two workers before `endpoint`."""
    with WeirProcess(tmp_path, static_backend("steady", endpoint.port), route_to("steady"), workers=2) as weir:
        yield weir


def counters(weir: WeirProcess) -> dict[str, float]:
    """Every counter on the metrics page, by name and labels."""
    return {series: float(value) for series, value in COUNTER.findall(get(weir.admin_port, "/metrics")[1])}


async def watch_counters(weir: WeirProcess, gone_back: list[str]) -> None:
    """Read the metrics again and again; what has gone back is put into the list."""
    before: dict[str, float] = {}
    while True:
        now = await asyncio.to_thread(counters, weir)
        gone_back += [
            f"{name}: {before[name]} -> {now.get(name)}" for name in before if now.get(name, -1) < before[name]
        ]
        before = now


@asynccontextmanager
async def counters_watched(weir: WeirProcess) -> AsyncIterator[None]:
    """Fails at its end if a counter went back meanwhile."""
    gone_back: list[str] = []
    watching = asyncio.create_task(watch_counters(weir, gone_back))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    assert gone_back == []


def refuses(port: int) -> bool:
    """Whether a connection is refused."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def clients_of(worker: psutil.Process, others: Sequence[psutil.Process], load: Load) -> set[int]:
    """The clients of `load` that `worker` has: all whose connections none of the `others` has.

    One that the kernel has accepted for a worker, and the worker has not yet, is seen at nobody.
    """
    rest = [other for other in others if other != worker]
    safe = {each.raddr.port for other in rest for each in other.net_connections("tcp") if each.raddr}
    return {client for client, port in load.local_ports.items() if port not in safe}


@pytest.mark.slow
async def test_a_killed_worker_costs_only_what_was_in_flight_on_its_own_connections(weir: WeirProcess) -> None:
    """Three times over: at most one failure per client of the worker that died, who can reconnect at once."""
    async with counters_watched(weir), Load(weir.port, clients=8) as load:
        await load.more(500)
        for kills in range(1, 4):
            workers = weir.workers()
            victim = workers[kills % 2]
            its_clients = await asyncio.to_thread(clients_of, victim, workers, load)
            failed_before = len(load.failures)
            victim.kill()
            await weir.until(lambda kills=kills: weir.metric("weir_worker_restarts_total") == kills)
            await weir.until(lambda: weir.metric("weir_workers_running") == 2)
            await load.more(500)
            failed = [failure.client for failure in load.failures[failed_before:]]
            assert set(failed) <= its_clients, load.report()
            assert len(failed) == len(set(failed)), load.report()
        await load.stop()
    answered = load.requests - len(load.failures)
    # A worker that dies between an answer and its count leaves that one out.
    assert 0 <= answered - await asyncio.to_thread(weir.metric, "weir_requests_total", code="2xx") <= len(load.failures)
    assert "ended by SIGKILL; starting another" in weir.log


async def test_clients_of_the_other_worker_notice_nothing_when_one_is_killed(weir: WeirProcess) -> None:
    """The same by connections that do nothing at the time: those of the victim are reset, the others live on."""
    clients = [await RawClient.connect(weir.port) for _ in range(16)]
    for client in clients:
        assert (await client.ask(GET))[0] == 200
    victim = weir.workers()[0]
    lost = {each.raddr.port for each in victim.net_connections("tcp") if each.raddr}
    victim.kill()
    for client in clients:
        if client.writer.get_extra_info("sockname")[1] in lost:
            with suppress(ConnectionError):
                assert await client.rest() == b""
        else:
            assert (await client.ask(GET))[0] == 200
        client.close()


@pytest.mark.slow
async def test_the_death_and_the_return_of_consul_cost_nothing_even_with_an_empty_catalog(
    consul_agent: ConsulAgent, endpoint: FleetEndpoint, tmp_path: Path
) -> None:
    """A dev agent comes back without its services: the loss is not believed until they are registered again."""
    consul_agent.register("orders", endpoint.port)
    process = {
        "consul": {"addresses": [consul_agent.address]},
        "discovery": {"emptyProtection": {"confirmAfter": "60s"}},
    }
    resources = consul_backend("orders", "orders"), route_to("orders")
    with WeirProcess(tmp_path, *resources, workers=2, process=process) as weir:

        def backend() -> dict[str, object]:
            (found,) = weir.api("backends")["backends"]
            return dict(found)

        async with Load(weir.port) as load:
            await load.more(500)
            consul_agent.kill()
            await weir.until(lambda: bool(backend()["lastError"]))
            await load.more(500)
            await asyncio.to_thread(consul_agent.restart)
            await weir.until(lambda: backend()["lossUnconfirmed"] is True)
            await load.more(500)
            await asyncio.to_thread(consul_agent.register, "orders", endpoint.port)
            await weir.until(lambda: backend()["lossUnconfirmed"] is False)
            await load.more(500)
            await load.stop()
        assert load.failures == [], load.report()
        assert weir.endpoints(BACKEND) == {("127.0.0.1", endpoint.port)}
        assert get(weir.admin_port, "/readyz")[0] == 200


async def test_an_empty_catalog_that_lasts_is_believed_in_the_end(
    consul_agent: ConsulAgent, endpoint: FleetEndpoint, tmp_path: Path
) -> None:
    """The guard is against errors, not against operators: after `confirmAfter` the answer is 503."""
    consul_agent.register("orders", endpoint.port)
    process = {
        "consul": {"addresses": [consul_agent.address]},
        "discovery": {"emptyProtection": {"confirmAfter": "1s"}},
    }
    with WeirProcess(tmp_path, consul_backend("orders", "orders"), route_to("orders"), process=process) as weir:
        assert await asyncio.to_thread(get, weir.port) == (200, "steady")
        consul_agent.deregister(f"orders-{endpoint.port}")
        await weir.until(lambda: get(weir.port)[0] == 503)


async def test_workers_serve_on_when_the_supervisor_is_killed(weir: WeirProcess) -> None:
    """Old connections and new ones; each worker ends by its own SIGTERM."""
    workers = weir.workers()
    assert weir.process is not None
    try:
        async with Load(weir.port) as load:
            await load.more(500)
            weir.process.kill()
            await asyncio.to_thread(weir.process.wait)
            await load.more(500)
            async with Load(weir.port) as later:
                await later.more(500)
                await later.stop()
            await load.stop()
        assert load.failures == later.failures == [], f"{load.report()}\n{later.report()}"
        for worker in workers:
            worker.terminate()
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive
    finally:
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.kill()


async def test_sigterm_under_load_loses_no_request(weir: WeirProcess) -> None:
    """Each client gets its answer, with `Connection: close` on the last one, and only then a refused connection.

    Some keep their connections, and others open one for each request: no connection that was taken goes unserved.
    """
    once = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with Load(weir.port, clients=8) as keeping, Load(weir.port, clients=8, requests=[once]) as opening:
        await keeping.more(300)
        await opening.more(300)
        keeping.ending = opening.ending = True
        weir.signal(signal.SIGTERM)
        await asyncio.wait_for(keeping.ended(), 20)
        await asyncio.wait_for(opening.ended(), 20)
    assert keeping.failures == opening.failures == [], f"{keeping.report()}\n{opening.report()}"
    assert keeping.reconnects >= 8
    assert await asyncio.to_thread(weir.ended) == Exit.DONE


async def test_sigterm_lets_a_slow_exchange_finish(tmp_path: Path) -> None:
    answer_now = asyncio.Event()

    async def slow(connection: EndpointConnection) -> None:
        await connection.head()
        await answer_now.wait()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    async with ScriptedEndpoint(slow) as endpoint:
        with WeirProcess(tmp_path, static_backend("slow", endpoint.port), route_to("slow"), workers=2) as weir:
            client = await RawClient.connect(weir.port)
            client.send(GET)
            await weir.until(lambda: endpoint.connections == 1)
            weir.signal(signal.SIGTERM)
            await weir.until(lambda: refuses(weir.port))
            answer_now.set()
            status, fields, body = await client.answer()
            assert (status, fields[b"connection"], body) == (200, b"close", b"late")
            client.close()
            assert await asyncio.to_thread(weir.ended) == Exit.DONE


async def never(connection: EndpointConnection) -> None:
    """An endpoint that takes a request and says nothing."""
    await connection.head()
    await asyncio.Event().wait()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("ends_by", ["a second SIGTERM", "shutdownTimeout"])
async def test_what_never_ends_is_cut_and_the_exit_code_says_so(tmp_path: Path, workers: int, ends_by: str) -> None:
    process = {"shutdownTimeout": "1h" if ends_by == "a second SIGTERM" else "300ms"}
    async with ScriptedEndpoint(never) as endpoint:
        resources = static_backend("never", endpoint.port), route_to("never")
        with WeirProcess(tmp_path, *resources, workers=workers, process=process) as weir:
            client = await RawClient.connect(weir.port)
            client.send(GET)
            await weir.until(lambda: endpoint.connections == 1)
            weir.signal(signal.SIGTERM)
            await weir.until(lambda: "stopping" in weir.log)
            if ends_by == "a second SIGTERM":
                weir.signal(signal.SIGTERM)
            assert await asyncio.to_thread(weir.ended) == Exit.CUT
            with suppress(ConnectionError):
                assert await client.rest() == b""
            client.close()


async def test_sighup_looks_at_the_configuration_again(weir: WeirProcess) -> None:
    looks = await asyncio.to_thread(weir.metric, "weir_config_reloads_total", result="unchanged")
    weir.signal(signal.SIGHUP)
    await weir.until(lambda: weir.metric("weir_config_reloads_total", result="unchanged") > looks)
    assert await asyncio.to_thread(get, weir.port) == (200, "steady")
