"""Tags from YAML to the wire: set by rules, sent on as baggage, believed from trusted networks alone, logged, told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from config.load import load
from config.sources.text import SourceText
from gateway.explain import explain
from gateway.hot.ledger import Ledger
from gateway.policy_tests.run import run_tests
from gateway.policy_world import compile_condition
from gateway.question import Question
from gateway.telemetry import metrics
from gateway.telemetry.access_log import AccessLog
from tests.support.data_path import Gateway, gateway
from tests.support.subjects import environment
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

RESOURCES = """\
apiVersion: weir.dev/v1
kind: Backend
metadata: {{name: echo}}
spec: {{static: {{endpoints: [{{address: 127.0.0.1, port: {port}}}]}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: all}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
  - name: tagged
    matches: [{{path: {{type: PathPrefix, value: /tagged}}}}]
    backendRefs: [{{group: weir.dev, kind: Backend, name: echo}}]
  - name: plain
    backendRefs: [{{group: weir.dev, kind: Backend, name: echo}}]
---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {{name: tagged}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: all, sectionName: tagged}}]
  trustTagsFrom: [{trusted}]
  tags:
  - {{name: lane, value: canary, when: 'request.headers["x-beta"] == "1" || source.ip.inCIDR("10.9.0.0/16")'}}
  - {{name: tier, valueFrom: {{header: x-tier}}, allowed: [gold, silver], default: silver}}
  access: {{rules: [{{name: no-gold, when: 'tags.tier == "gold"', action: Deny}}]}}
"""


async def echo(connection: EndpointConnection) -> None:
    """Answers each request with its head."""
    while True:
        connection.send(respond(await connection.head()))


async def baggage_of(weir: Gateway, path: str, *lines: str) -> tuple[int, list[str]]:
    """Status, and the lines of baggage that the endpoint got."""
    client = await weir.client()
    head = "\r\n".join([f"GET {path} HTTP/1.1", "Host: a.example", *lines, "", ""])
    status, _, body = await client.ask(head.encode())
    return status, [line for line in body.decode().split("\r\n") if line.lower().startswith("baggage:")]


async def test_tags_of_rules_go_on_as_baggage() -> None:
    async with ScriptedEndpoint(echo) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        await weir.load(RESOURCES.format(port=endpoint.port, trusted="192.0.2.0/24"))
        assert await baggage_of(weir, "/tagged") == (200, ["baggage: weir.tier=silver"])
        assert await baggage_of(weir, "/tagged", "X-Beta: 1", "Baggage: user=alice;p=1") == (
            200,
            ["baggage: weir.lane=canary,weir.tier=silver,user=alice;p=1"],
        )
        # Rules of access see what was tagged before them.
        assert (await baggage_of(weir, "/tagged", "X-Tier: gold"))[0] == 403


async def test_tags_of_strangers_are_stripped_with_a_policy_and_without() -> None:
    claims = ["Baggage: weir.lane=canary , user=alice", "baggage: weir.tier=tin"]
    async with ScriptedEndpoint(echo) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        await weir.load(RESOURCES.format(port=endpoint.port, trusted="192.0.2.0/24"))
        assert await baggage_of(weir, "/tagged", *claims) == (200, ["baggage: weir.tier=silver,user=alice"])
        assert await baggage_of(weir, "/plain", *claims) == (200, ["baggage: user=alice"])
        assert await baggage_of(weir, "/plain", "Baggage: weir.lane=canary") == (200, [])
        assert await baggage_of(weir, "/plain", "BAGGAGE: user=alice,;x") == (200, ["BAGGAGE: user=alice,;x"])


async def test_tags_of_a_trusted_network_are_believed_and_kept() -> None:
    async with ScriptedEndpoint(echo) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        await weir.load(RESOURCES.format(port=endpoint.port, trusted="127.0.0.0/8"))
        assert await baggage_of(weir, "/tagged", "Baggage: user=alice,weir.lane=blue%20one") == (
            200,
            ["baggage: weir.lane=blue%20one,weir.tier=silver,user=alice"],
        )
        # Trust is of the policy: a rule without it believes nobody.
        assert await baggage_of(weir, "/plain", "Baggage: weir.lane=blue") == (200, [])


@pytest.mark.parametrize("path", ["/tagged", "/plain"])
@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("weir.lane=" + "x" * 8183, 431),
        (",".join(["weir.lane=x"] * 65), 431),
        ("weir.lane=x,,", 400),
        ('weir.lane="x"', 400),
    ],
)
async def test_hostile_baggage_is_refused_and_counted(path: str, field: str, status: int) -> None:
    async with ScriptedEndpoint(echo) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        await weir.load(RESOURCES.format(port=endpoint.port, trusted="192.0.2.0/24"))
        assert (await baggage_of(weir, path, f"Baggage: {field}"))[0] == status
        assert weir.count(metrics.POLICY_DENIALS["baggage"]) == 1
        assert endpoint.connections == 0


async def test_members_without_room_are_counted() -> None:
    async with ScriptedEndpoint(echo) as endpoint, gateway(endpoint, condition=compile_condition) as weir:
        await weir.load(RESOURCES.format(port=endpoint.port, trusted="192.0.2.0/24"))
        status, sent = await baggage_of(weir, "/tagged", "Baggage: a=" + "x" * 8185 + ",b=")
        assert (status, sent) == (200, ["baggage: weir.tier=silver,b="])
        assert weir.count(metrics.BAGGAGE_LEFT_OUT) == 1


async def test_the_access_log_has_the_tags(tmp_path: Path) -> None:
    file, loop = tmp_path / "access.log", asyncio.get_running_loop()
    log = AccessLog(str(file), ("path", "tags"), 1.0, 16, Ledger.private(), Random(1), loop.call_later)
    async with (
        ScriptedEndpoint(echo) as endpoint,
        gateway(endpoint, condition=compile_condition, access_log=log) as weir,
    ):
        await weir.load(RESOURCES.format(port=endpoint.port, trusted="192.0.2.0/24"))
        await baggage_of(weir, "/tagged", "X-Beta: 1")
        await baggage_of(weir, "/plain")
    log.close()
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"path": "/tagged", "tags": "lane=canary,tier=silver"},
        {"path": "/plain", "tags": ""},
    ]


CASES = """
---
apiVersion: weir.dev/v1
kind: PolicyTest
metadata: {name: lanes}
spec:
  cases:
  - name: office
    request: {url: "http://a.example:8080/tagged", source: 10.9.1.1}
    expect: {tags: {lane: canary, tier: silver}, requestHeaders: {baggage: "weir.lane=canary,weir.tier=silver"}}
  - name: stranger
    request:
      {url: "http://a.example:8080/plain", headers: [{name: baggage, value: weir.lane=canary}], source: 192.0.2.1}
    expect: {absentTags: [lane], removedRequestHeaders: [baggage]}
  - name: hostile
    request: {url: "http://a.example:8080/plain", headers: [{name: baggage, value: "weir.lane=a,,"}]}
    expect: {status: 400, refusedBy: baggage}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: weir, listeners: [{name: http, port: 8080, protocol: HTTP}]}
"""


def test_policy_tests_and_explanations_tell_tags() -> None:
    text = RESOURCES.format(port=9, trusted="127.0.0.0/8") + CASES
    loaded = load([SourceText("t.yaml", text.encode())], generation=1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    world = environment(compile_condition)
    report = run_tests(loaded, loaded.snapshot, world)
    assert [result.mismatches for result in report.results] == [(), (), ()]
    question = Question.of("GET", "http://a.example:8080/tagged", ["baggage: weir.lane=x"], "127.0.0.1")
    assert explain(loaded.snapshot, question, {}, world).tags == {"lane": "x", "tier": "silver"}


STICKY = """\
apiVersion: weir.dev/v1
kind: Backend
metadata: {{name: echo}}
spec:
  static:
    endpoints:
    - {{address: 127.0.0.1, port: {base}}}
    - {{address: 127.0.0.1, port: {canary}, tags: {{lane: canary}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: all}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
  - backendRefs: [{{group: weir.dev, kind: Backend, name: echo}}]
---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {{name: split}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: all}}]
  tags:
  - {{name: lane, value: canary, percent: 50, sticky: [{{header: x-user}}, {{cookie: {{name: uid, ttl: 1h}}}}]}}
  lane: {{}}
"""


async def test_a_split_by_percent_keeps_each_client_where_it_was() -> None:
    def saying(name: bytes) -> Callable[[EndpointConnection], object]:
        async def handle(connection: EndpointConnection) -> None:
            while True:
                await connection.head()
                connection.send(respond(name))

        return handle

    async with (
        ScriptedEndpoint(saying(b"base")) as base,  # type: ignore[arg-type]
        ScriptedEndpoint(saying(b"canary")) as canary,  # type: ignore[arg-type]
        gateway(None, condition=compile_condition) as weir,
    ):
        text = STICKY.format(base=base.port, canary=canary.port)
        await weir.load(text)
        client = await weir.client()

        async def ask(*lines: str) -> tuple[bytes, str]:
            """Who answers, and the cookie that comes with it."""
            head = "\r\n".join(["GET / HTTP/1.1", "Host: a.example", *lines, "", ""])
            status, fields, body = await client.ask(head.encode())
            assert status == 200
            return body, fields.get(b"set-cookie", b"").decode()

        users = {number: await ask(f"X-User: {number}") for number in range(40)}
        assert {answer for answer, _ in users.values()} == {b"base", b"canary"}
        assert not any(cookie for _, cookie in users.values())
        clients = [await ask() for _ in range(20)]
        assert {answer for answer, _ in clients} == {b"base", b"canary"}
        # Over a reload as well.
        await weir.load(text)
        assert {number: await ask(f"X-User: {number}") for number in users} == users
        for answer, cookie in clients:
            pair, _, attributes = cookie.partition("; ")
            assert attributes == "Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"
            assert await ask(f"Cookie: {pair}") == (answer, "")
