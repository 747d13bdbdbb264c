"""Steering from YAML to the wire: to a backend, to endpoints with a tag, to one endpoint, by header, and to an end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.load import load
from config.sources.text import SourceText
from gateway.explain import explain, written_views
from gateway.explanation import Explanation
from gateway.policy_world import compile_condition
from gateway.question import Question
from gateway.telemetry import metrics
from tests.support.data_path import Gateway, gateway
from tests.support.subjects import environment
from tests.support.supervised import get
from tests.support.weir_process import WeirProcess, resource
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond
from tools.running import free_ports

GATEWAY_API = "gateway.networking.k8s.io/v1"
RULE = [{"group": "weir.dev", "kind": "Backend", "name": "new"}]
ROUTE = {"group": GATEWAY_API.partition("/")[0], "kind": "HTTPRoute", "name": "all"}


@dataclass
class World:
    """Backend `new` with endpoints a (v1) and b (v2), and backend `old` with c."""

    weir: Gateway
    ports: dict[str, int]

    def resources(self, **policy: object) -> list[dict[str, object]]:
        """With a policy on the one route, which knows `new` alone."""
        members = [
            {"address": "127.0.0.1", "port": self.ports["a"], "tags": {"version": "v1"}},
            {"address": "127.0.0.1", "port": self.ports["b"], "tags": {"version": "v2"}},
        ]
        old = [{"address": "127.0.0.1", "port": self.ports["c"]}]
        return [
            resource("Backend", "new", {"static": {"endpoints": members}}),
            resource("Backend", "old", {"static": {"endpoints": old}}),
            resource(
                "HTTPRoute", "all", {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": RULE}]}, GATEWAY_API
            ),
            resource("TrafficPolicy", "debug", {"targetRefs": [ROUTE], **policy}),
        ]

    async def load(self, **policy: object) -> None:
        await self.weir.load("\n---\n".join(json.dumps(each) for each in self.resources(**policy)))

    async def ask(self, *lines: str) -> set[str]:
        """Who answers six such requests, or with what status."""
        client = await self.weir.client()
        head = "\r\n".join(["GET / HTTP/1.1", "Host: a.example", *lines, "", ""])
        answers = [await client.ask(head.encode()) for _ in range(6)]
        return {body.decode() if status == 200 else str(status) for status, _, body in answers}


def saying(name: str) -> Callable[[EndpointConnection], object]:
    """Answers with its name, and with the header that must not reach it."""

    async def handle(connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            connection.send(respond((name + ("!" if b"weir-endpoint" in head.lower() else "")).encode()))

    return handle


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        ports = {}
        for name in "abc":
            endpoint = await stack.enter_async_context(ScriptedEndpoint(saying(name)))  # type: ignore[arg-type]
            ports[name] = endpoint.port
        yield World(await stack.enter_async_context(gateway(None, condition=compile_condition)), ports)


BETA = '"x-beta" in request.headers'


def rule(**to: object) -> list[dict[str, object]]:
    return [{"name": "debug", "when": BETA, **to}]


async def test_a_condition_sends_to_a_backend_that_the_route_does_not_know() -> None:
    async with world() as those:
        await those.load(steering=rule(backendRef={"group": "weir.dev", "kind": "Backend", "name": "old"}))
        assert await those.ask("X-Beta: 1") == {"c"}
        assert await those.ask() == {"a", "b"}
        assert those.weir.count(metrics.STEERED) == 6


async def test_a_condition_sends_to_endpoints_with_a_tag_and_to_one_endpoint() -> None:
    async with world() as those:
        await those.load(steering=rule(tags={"version": "v2"}))
        assert (await those.ask("X-Beta: 1"), await those.ask()) == ({"b"}, {"a", "b"})
        await those.load(steering=rule(endpoint=f"127.0.0.1:{those.ports['a']}"))
        assert (await those.ask("X-Beta: 1"), await those.ask()) == ({"a"}, {"a", "b"})


async def test_what_is_not_there_is_no_other_endpoint_instead() -> None:
    async with world() as those:
        (closed,) = free_ports(1)
        for to in ({"tags": {"version": "v3"}}, {"endpoint": f"127.0.0.1:{closed}"}):
            await those.load(steering=rule(**to))
            assert await those.ask("X-Beta: 1") == {"503"}
            assert await those.ask() == {"a", "b"}
        await those.load(steering=rule(backendRef={"group": "weir.dev", "kind": "Backend", "name": "missing"}))
        assert await those.ask("X-Beta: 1") == {"500"}


async def test_an_endpoint_that_fails_is_not_replaced() -> None:
    async with world() as those:
        (those.ports["b"],) = free_ports(1)
        await those.load(steering=rule(tags={"version": "v2"}))
        assert await those.ask("X-Beta: 1") == {"502"}


async def test_steering_ends() -> None:
    async with world() as those:
        now_s = those.weir.clock.unix_s()
        until = datetime.fromtimestamp(int(now_s) + 100, UTC).isoformat()
        await those.load(steering=rule(tags={"version": "v2"}, until=until))
        assert await those.ask("X-Beta: 1") == {"b"}
        those.weir.clock.ahead_s += 102
        assert await those.ask("X-Beta: 1") == {"a", "b"}


async def test_the_header_is_obeyed_from_those_whom_the_policy_permits() -> None:
    async with world() as those:
        await those.load(endpointHeaderFrom=["127.0.0.0/8"])
        for name in "ab":
            assert await those.ask(f"X-Weir-Endpoint: 127.0.0.1:{those.ports[name]}") == {name}
        # No gate to the network: only endpoints of the route's own backends are reached.
        assert await those.ask(f"X-Weir-Endpoint: 127.0.0.1:{those.ports['c']}") == {"503"}
        assert await those.ask("X-Weir-Endpoint: elsewhere") == {"400"}


async def test_the_header_is_refused_from_others_and_unheard_without_a_policy() -> None:
    async with world() as those:
        header = f"X-Weir-Endpoint: 127.0.0.1:{those.ports['b']}"
        await those.load(endpointHeaderFrom=["192.0.2.0/24"])
        assert await those.ask(header) == {"403"}
        assert those.weir.count(metrics.POLICY_DENIALS["endpointHeaderFrom"]) == 6
        await those.load()
        assert await those.ask(header) == {"a", "b"}
        assert those.weir.count(metrics.STEERED) == 0


async def told(those: World, *lines: str, **policy: object) -> Explanation:
    edge = {"gatewayClassName": "weir", "listeners": [{"name": "http", "port": 8080, "protocol": "HTTP"}]}
    made = [*those.resources(**policy), resource("Gateway", "edge", edge, GATEWAY_API)]
    text = "\n---\n".join(json.dumps(each) for each in made)
    loaded = load([SourceText("t.yaml", text.encode())], generation=1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    question = Question.of("GET", "http://a.example:8080/", lines, "192.0.2.1")
    return explain(loaded.snapshot, question, await written_views(loaded.snapshot), environment(compile_condition))


async def test_explain_tells_who_steers_where() -> None:
    async with world() as those:
        old = {"group": "weir.dev", "kind": "Backend", "name": "old"}
        said = await told(those, "X-Beta: 1", steering=rule(backendRef=old, until="2999-01-01T00:00:00Z"))
        assert said.steered == "debug"
        assert [(share.backend, share.percent) for share in said.shares] == [("default/old", 100.0)]
        assert "steers it by debug to backend default/old, until 2999-01-01T00:00:00Z" in said.policies[-1].said
        place = f"127.0.0.1:{those.ports['b']}"
        header = [f"X-Weir-Endpoint: {place}"]
        said = await told(those, *header, endpointHeaderFrom=["192.0.2.0/24"])
        (share,) = said.shares
        assert (said.steered, share.selection) == ("x-weir-endpoint", f"endpoint {place}")
        assert share.endpoints is not None
        assert [each.port for each in share.endpoints if each.eligible] == [those.ports["b"]]
        assert share.request_headers.removed == ("x-weir-endpoint",)
        assert (
            await told(those, "X-Beta: 1", steering=rule(backendRef=old, until="2001-01-01T00:00:00Z"))
        ).steered == ""
        lost = await told(those, "X-Beta: 1", steering=rule(backendRef={**old, "name": "missing"}))
        assert (lost.outcome, lost.status) == ("Misconfigured", 500)


@pytest.mark.slow
async def test_a_running_gateway_shows_steering_and_tags_in_its_metrics(tmp_path: Path) -> None:
    async with world() as those:
        steering = [
            {"name": "debug", "when": BETA, "backendRef": {"group": "weir.dev", "kind": "Backend", "name": "old"}},
            {"name": "forgotten", "when": BETA, "tags": {"version": "v2"}, "until": "2001-01-01T00:00:00Z"},
        ]
        tags = [{"name": "lane", "value": "canary", "when": BETA, "inMetrics": True}]
        with WeirProcess(tmp_path, *those.resources(steering=steering, tags=tags)) as weir:
            client = await RawClient.connect(weir.port)
            _, _, body = await client.ask(b"GET / HTTP/1.1\r\nHost: a.example\r\nX-Beta: 1\r\n\r\n")
            client.close()
            assert body == b"c"
            await weir.until(lambda: weir.metric("weir_steered_requests_total") == 1)
            await weir.until(
                lambda: weir.metric("weir_tagged_requests_total", tag="lane", value="canary", code="2xx") == 1
            )
            page = get(weir.admin_port, "/metrics")[1]
            assert 'weir_steering_rules_active{policy="default/debug",rule="debug"} 1.0\n' in page
            assert 'weir_steering_rules_active{policy="default/debug",rule="forgotten"} 0.0\n' in page
            await weir.until(
                lambda: weir.metric("weir_requests_total", route="default/all/0", backend="default/old") == 1
            )
