"""Tests of the registration in Consul, with real agents."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from gateway.cli.consul_registration import AgentURL, Registration, own_address
from tests.support.consul_agent import ConsulAgent
from tests.support.scripted_consul import ScriptedConsul
from tests.support.weir_command import Echo, eventually, status_of
from tools.running import free_ports


def instances(agent: ConsulAgent, service: str, *, passing: bool = False) -> list[dict[str, object]]:
    found = agent.get(f"/v1/health/service/{service}{'?passing' if passing else ''}")
    assert isinstance(found, list)
    return [dict(entry["Service"]) for entry in found if isinstance(entry, dict)]


def test_registers_with_a_check_that_passes_and_leaves_before_it_stops(shared_consul_agent: ConsulAgent) -> None:
    agent = shared_consul_agent
    arguments = ["--consul", agent.url, "--service", "leaver", "--tag", "a", "--tag", "b", "--drain", "600"]
    with Echo(*arguments) as echo:
        assert echo.line() == f"registered leaver as leaver-127.0.0.1-{echo.port} at 127.0.0.1:{echo.port}"
        eventually(lambda: instances(agent, "leaver", passing=True))
        (service,) = instances(agent, "leaver")
        assert (service["Address"], service["Port"], service["Tags"]) == ("127.0.0.1", echo.port, ["a", "b"])
        echo.signal()
        assert echo.line() == f"deregistered leaver-127.0.0.1-{echo.port}"
        assert instances(agent, "leaver") == []
        assert status_of(f"http://127.0.0.1:{echo.port}/healthz") == 200, "it serves those who were told late"
        echo.signal()
        assert echo.ended()[0] == 0


def test_a_killed_service_turns_critical(shared_consul_agent: ConsulAgent) -> None:
    agent = shared_consul_agent
    with Echo("--consul", agent.url, "--service", "killed") as echo:
        echo.line()
        eventually(lambda: instances(agent, "killed", passing=True))
    eventually(lambda: not instances(agent, "killed", passing=True))


async def test_what_is_registered_is_forgotten_a_minute_after_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    # Consul shows the settings of a check to nobody, and takes longer than a test to act on this one.
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "secret")
    registered: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def register(request: web.Request) -> web.Response:
        registered.set_result(await request.json())
        return web.Response()

    async with ScriptedConsul(web.json_response({"other": {}}), register) as consul:
        said: list[str] = []
        registration = Registration(AgentURL.parse(consul.address), "orders", "::1", 9001, ("a",))
        keeping = asyncio.create_task(registration.keep(said.append))
        body = await asyncio.wait_for(registered, 10)
        keeping.cancel()
        await asyncio.wait({keeping})
        assert consul.tokens == ["secret", "secret"]
    assert body == {
        "name": "orders",
        "id": "orders-::1-9001",
        "address": "::1",
        "port": 9001,
        "tags": ["a"],
        "checks": [
            {
                "http": "http://[::1]:9001/healthz",
                "interval": "1s",
                "timeout": "1s",
                "DeregisterCriticalServiceAfter": "1m",
            }
        ],
    }


def test_an_agent_that_forgot_it_is_told_again(consul_agent: ConsulAgent) -> None:
    with Echo("--consul", consul_agent.address, "--service", "kept") as echo:
        first = echo.line()
        consul_agent.restart()
        # A dev agent comes back empty; between the two it may be seen away.
        lines = iter(echo.line, "")
        assert next(line for line in lines if not line.startswith("not registered")) == first
        assert [service["Port"] for service in instances(consul_agent, "kept")] == [echo.port]


def test_an_agent_that_is_not_there_yet_is_waited_for(shared_consul_agent: ConsulAgent) -> None:
    (port,) = free_ports(1)
    with Echo("--consul", f"http://127.0.0.1:{port}", "--service", "early") as echo:
        assert echo.line().startswith("not registered, trying again: ")
        assert status_of(f"http://127.0.0.1:{echo.port}/healthz") == 200
        echo.signal()
        assert echo.line().startswith("not deregistered: ")
        assert echo.ended()[0] == 0


def test_address_to_register_is_the_advertised_one_or_that_on_the_way_to_the_agent(
    shared_consul_agent: ConsulAgent,
) -> None:
    agent = shared_consul_agent
    for options, address in (
        (["--host", "0.0.0.0"], "127.0.0.1"),
        (["--advertise", "192.0.2.7"], "192.0.2.7"),
    ):
        with Echo("--consul", agent.url, "--service", "placed", *options) as echo:
            assert echo.line().endswith(f" at {address}:{echo.port}")
            echo.signal()
            assert echo.line().startswith("deregistered")
            assert echo.ended()[0] == 0


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("http://consul:8500", AgentURL("http", "consul", 8500)),
        ("127.0.0.1:18500", AgentURL("http", "127.0.0.1", 18500)),
        ("https://consul/", AgentURL("https", "consul", 8500)),
        ("http://[::1]:9", AgentURL("http", "::1", 9)),
    ],
)
def test_reads_the_address_of_an_agent(text: str, parsed: AgentURL) -> None:
    assert AgentURL.parse(text) == parsed


@pytest.mark.parametrize("text", ["", "ftp://x", "http://", "http://x/v1", "http://x:port"])
def test_refuses_what_is_no_address_of_an_agent(text: str) -> None:
    with pytest.raises(ValueError):
        AgentURL.parse(text)


def test_own_address_is_the_one_on_the_way() -> None:
    assert own_address(AgentURL("http", "127.0.0.1", 8500)) == "127.0.0.1"
