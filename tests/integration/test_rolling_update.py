"""Rolling updates with the example scripts: real processes restarted batch by batch, and not one failed request."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from gateway.cli.admin_client import AdminClient
from tests.support.commands import WEIR
from tests.support.consul_agent import ConsulAgent
from tests.support.echo_fleet import EchoFleet
from tests.support.load import GET, POST, Load
from tests.support.programs import require_program
from tests.support.weir_command import weir as weir_command
from tests.support.weir_process import Spec, WeirProcess, consul_backend, metric_in, resource, route_to, static_backend
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

SCRIPTS = Path(__file__).resolve().parents[2] / "examples" / "rolling-update"
INSTANCES = int(os.environ.get("WEIR_ROLLING_INSTANCES", "4"))
BATCH = int(os.environ.get("WEIR_ROLLING_BATCH", "2"))
CLIENTS = int(os.environ.get("WEIR_ROLLING_CLIENTS", "4"))
SCRIPT_S = 300.0
BACKEND = "default/orders"


def gateway_with_token(folder: Path, *resources: Spec, workers: int = 2, **process: object) -> tuple[WeirProcess, Path]:
    """Not started yet; the token may change endpoints."""
    token = folder / "token"
    token.write_text("secret")
    weir = WeirProcess(folder, *resources, workers=workers, process=process)
    admin = {"port": weir.admin_port, "tokens": [{"name": "ops", "file": str(token), "role": "Write"}]}
    weir.apply("weir.yaml", resource("Weir", "process", {**weir.spec, "admin": admin}))
    return weir, token


def admin_of(weir: WeirProcess, token: Path) -> AdminClient:
    """Who asks with the token, without which nobody is told anything."""
    return AdminClient(f"http://127.0.0.1:{weir.admin_port}", token)


def metric(weir: WeirProcess, token: Path, name: str, **labels: str) -> float:
    page = admin_of(weir, token).get("/metrics").decode()
    assert name in page
    return metric_in(page, name, **labels)


def shown(weir: WeirProcess, token: Path) -> int:
    """How many endpoints the backend has."""
    (backend,) = json.loads(admin_of(weir, token).get("/api/v1/backends"))["backends"]
    return len(backend["endpoints"])


async def run(script: str, weir: WeirProcess, token: Path, *arguments: str | Path, **environment: str) -> None:
    """Run an example script to its end, which must be a good one."""
    process = await asyncio.create_subprocess_exec(
        SCRIPTS / script,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={
            **os.environ,
            "PATH": f"{WEIR.parent}:{os.environ['PATH']}",
            "WEIR_ADMIN": f"http://127.0.0.1:{weir.admin_port}",
            "WEIR_TOKEN_FILE": str(token),
            **environment,
        },
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SCRIPT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()


async def roll(weir: WeirProcess, fleet: EchoFleet, script: str, token: Path, *named: str, **environment: str) -> None:
    """The script over the whole fleet, under load: each is restarted once, and every request gets its 200."""
    async with Load(weir.port, clients=CLIENTS, requests=(GET, POST)) as load:
        await load.more(50)
        await run(script, weir, token, BACKEND, str(BATCH), fleet.restart, *named, **environment)
        await load.more(50)
        await load.stop()
    assert load.failures == [], load.report()
    assert (fleet.restarts, fleet.ended_well) == (INSTANCES, True)
    assert metric(weir, token, "weir_upstream_drain_cuts_total") == 0
    assert metric(weir, token, "weir_requests_total", code="5xx") == 0


@pytest.mark.slow
async def test_by_hand_no_request_fails_though_instances_are_killed(tmp_path: Path) -> None:
    """Nothing is in flight when `drain --wait` returns, so that not even SIGKILL costs a request."""
    require_program("curl")
    with EchoFleet(tmp_path, INSTANCES, "--delay", "0.03", killed=True) as fleet:
        weir, token = gateway_with_token(tmp_path, static_backend("orders", *fleet.ports), route_to("orders"))
        with weir:
            await roll(weir, fleet, "by-hand.sh", token, *fleet.places)


@pytest.mark.slow
async def test_by_consul_no_request_fails(consul_agent: ConsulAgent, tmp_path: Path) -> None:
    require_program("curl")
    with EchoFleet(tmp_path, INSTANCES, "--consul", consul_agent.url, "--service", "orders") as fleet:
        process = {"consul": {"addresses": [consul_agent.address]}}
        weir, token = gateway_with_token(tmp_path, consul_backend("orders", "orders"), route_to("orders"), **process)
        with weir:
            await weir.until(lambda: shown(weir, token) == INSTANCES)
            named = [f"orders-127.0.0.1-{port}=127.0.0.1:{port}" for port in fleet.ports]
            await roll(weir, fleet, "by-consul.sh", token, *named, CONSUL_HTTP_ADDR=consul_agent.url)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
async def test_wait_returns_once_the_last_request_is_over_and_says_what_is_left(tmp_path: Path, workers: int) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        asked.set()
        await go.wait()
        connection.send(respond(b"slow"))
        await connection.reader.read()

    async with ScriptedEndpoint(script) as endpoint:
        place = f"127.0.0.1:{endpoint.port}"
        weir, token = gateway_with_token(
            tmp_path, static_backend("orders", endpoint.port), route_to("orders"), workers=workers
        )
        with weir:
            options = ("--admin", f"http://127.0.0.1:{weir.admin_port}", "--token-file", token)
            client = await RawClient.connect(weir.port)
            client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            await asked.wait()
            drain = ("backends", "drain", "orders", place, "--wait", *options)
            left = await asyncio.to_thread(weir_command, *drain, "--timeout", "200ms")
            assert left.returncode == 3, left.stderr
            assert "1 in flight" in left.stderr
            waiting = asyncio.create_task(asyncio.to_thread(weir_command, *drain, "--timeout", "30s"))
            await weir.until(lambda: weir.log.count("set drain on") == 2)
            assert not waiting.done()
            go.set()
            assert (await client.answer())[2] == b"slow"
            ended = await waiting
            assert ended.returncode == 0, ended.stderr
            assert "has none in flight" in ended.stdout
            client.close()


@pytest.mark.slow
async def test_a_tunnel_is_in_flight_until_drain_timeout_closes_it(tmp_path: Path) -> None:
    async def script(connection: EndpointConnection) -> None:
        await connection.head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        assert await connection.reader.read() == b""
        connection.close()

    refs = [{"group": "weir.dev", "kind": "Backend", "name": "orders"}]
    async with ScriptedEndpoint(script) as endpoint:
        policy = resource("BackendPolicy", "orders", {"targetRefs": refs, "drain": {"timeout": "500ms"}})
        weir, token = gateway_with_token(tmp_path, static_backend("orders", endpoint.port), route_to("orders"), policy)
        with weir:
            client = await RawClient.connect(weir.port)
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            assert (await client.head()).startswith(b"HTTP/1.1 101")
            options = ("--admin", f"http://127.0.0.1:{weir.admin_port}", "--token-file", token)
            ended = await asyncio.to_thread(
                weir_command, "backends", "drain", "orders", f"127.0.0.1:{endpoint.port}", "--wait", *options
            )
            assert ended.returncode == 0, ended.stderr
            assert await client.rest() == b""
            assert metric(weir, token, "weir_upstream_drain_cuts_total", what="tunnel") == 1
            client.close()
