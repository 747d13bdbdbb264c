"""Every example loads, every one that is a whole gateway starts, and those on routing send requests where they say."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.load import load
from config.problems import errors_among
from config.resources import CLASSES
from config.resources.honoured import NOT_YET
from config.sources.text import SourceText
from tests.support.consul_agent import ConsulAgent
from tests.support.dns_responder import DNSResponder
from tests.support.example_gateway import ExampleGateway, documents_of, ports_of
from tests.support.recording_server import RecordingServer
from tests.support.weir_command import weir
from tools.running import free_ports

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
ROUTING = EXAMPLES / "routing"
POLICIES = EXAMPLES / "policies"
WHOLES = [EXAMPLES / "demo", EXAMPLES / "compose" / "weir"]
FOLDERS = (EXAMPLES / "kinds", ROUTING, POLICIES)
SETS = [*WHOLES, *(file for folder in FOLDERS for file in sorted(folder.glob("*.yaml")))]
# Not YAML of Weir's.
OTHERS = {EXAMPLES / "compose" / "prometheus.yml", *(EXAMPLES / "rolling-update").iterdir()}


def named(path: Path) -> str:
    return str(path.relative_to(EXAMPLES))


def listens(path: Path) -> bool:
    """Whether it has a Gateway with a listener that this version serves."""
    return any(
        listener["protocol"] == "HTTP"
        for document in documents_of(path)
        if document["kind"] == "Gateway"
        for listener in document["spec"]["listeners"]
    )


def test_every_file_is_in_one_of_the_sets() -> None:
    covered = {file for each in SETS for file in ([each] if each.is_file() else each.iterdir())}
    assert {file for file in EXAMPLES.rglob("*") if file.is_file()} == covered | OTHERS


def test_every_kind_has_an_example_that_begins_with_it() -> None:
    for kind in CLASSES:
        first = documents_of(EXAMPLES / "kinds" / f"{kind.KIND.lower()}.yaml")[0]
        assert first["kind"] == kind.KIND


@pytest.mark.parametrize("path", SETS, ids=named)
def test_loads_and_warns_only_of_what_this_version_does_not_carry_out(path: Path) -> None:
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    loaded = load([SourceText(str(file), file.read_bytes()) for file in files], generation=1, previous=None)
    assert errors_among(loaded.problems) == []
    assert loaded.snapshot is not None
    later = {kind for kind, paths in NOT_YET.items() if paths == ("spec",)}
    for problem in loaded.problems:
        assert "this version" in problem.message or problem.resource.partition(" ")[0] in later, str(problem)


@pytest.mark.parametrize("path", [path for path in SETS if listens(path) and path.name != "dns.yaml"], ids=named)
def test_starts_and_answers(path: Path, tmp_path: Path, shared_consul_agent: ConsulAgent) -> None:
    with ExampleGateway(path, tmp_path, ports_of(path), consul=shared_consul_agent.address) as gateway:
        assert gateway.ask("/no/such/path", host="nobody.example").headers["server"] == "weir"


@pytest.fixture
def parts() -> object:
    """Closes what a test enters."""
    with ExitStack() as stack:
        yield stack


def started(name: str, folder: Path, parts: ExitStack, *endpoints: int) -> tuple[ExampleGateway, list[RecordingServer]]:
    """The example `name` on free ports, with a server behind each of the example's `endpoints`."""
    path = ROUTING / name
    ports = ports_of(path)
    servers = [parts.enter_context(RecordingServer(str(port), ports[port])) for port in endpoints]
    return parts.enter_context(ExampleGateway(path, folder, ports)), servers


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=named)
def test_policies_do_what_their_own_cases_say(path: Path) -> None:
    ended = weir("test", str(path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 failed" in ended.stdout and "1 passed" not in ended.stdout
    assert weir("lint", "-c", str(path)).returncode == 0


def test_canary_gets_its_exact_share_and_every_tester(tmp_path: Path, parts: ExitStack) -> None:
    gateway, _ = started("canary.yaml", tmp_path, parts, 9001, 9002, 9003)
    seen = Counter(gateway.ask("/orders").body for _ in range(80))
    assert seen == {"9001": 57, "9002": 19, "9003": 4}
    assert {gateway.ask("/orders/7", headers={"X-Beta": "1"}).body for _ in range(20)} == {"9003"}
    assert gateway.ask("/elsewhere").status == 404


def test_matching_takes_the_most_specific_rule(tmp_path: Path, parts: ExitStack) -> None:
    gateway, _ = started("matching.yaml", tmp_path, parts, 9001, 9002, 9003)
    for method, target, wanted in (
        ("GET", "/items", "9001"),
        ("GET", "/items/7", "9001"),
        ("GET", "/items?q=lamp", "9003"),
        ("GET", "/items?page=2", "9001"),
        ("POST", "/items", "9002"),
        ("PUT", "/items/7?q=lamp", "9002"),
        ("GET", "/items/health", "9002"),
        ("GET", "/items/health/more", "9001"),
    ):
        assert gateway.ask(target, method=method, host="api.shop.example").body == wanted, f"{method} {target}"
    assert gateway.ask("/itemsets", host="api.shop.example").status == 404
    assert gateway.ask("/items", host="www.shop.example").status == 404


def test_redirects_answer_the_client_and_rewrites_the_backend_alone(tmp_path: Path, parts: ExitStack) -> None:
    gateway, (orders,) = started("redirects-and-rewrites.yaml", tmp_path, parts, 9001)
    moved = gateway.ask("/purchases/7?page=2")
    assert (moved.status, moved.headers["location"]) == (
        301,
        f"http://shop.example:{gateway.ports[8080]}/orders/7?page=2",
    )
    secure = gateway.ask("/account/me")
    assert (secure.status, secure.headers["location"]) == (302, "https://secure.shop.example/account/me")
    assert orders.received == []
    rewritten = gateway.ask("/api/v1/orders/7?full=1", headers={"X-Debug": "yes", "X-Api-Version": "9"})
    assert (rewritten.status, rewritten.headers["deprecation"]) == (200, "true")
    (received,) = orders.received
    assert (received.target, received.headers["host"]) == ("/7?full=1", "orders.internal")
    assert received.headers["x-api-version"] == "1"
    assert "x-debug" not in received.headers


def test_endpoint_that_does_not_answer_well_is_left_and_costs_no_client_an_error(
    tmp_path: Path, parts: ExitStack
) -> None:
    # Nobody is at 9003.
    gateway, servers = started("health.yaml", tmp_path, parts, 9001, 9002)
    assert {gateway.ask("/").body for _ in range(40)} == {"9001", "9002"}
    for server in servers:
        server.wait_for(1)
        (asked, *_) = [each for each in server.received if each.target == "/healthz"]
        assert (asked.method, asked.headers["host"]) == ("GET", "orders.internal")


def test_mirror_gets_a_copy_of_every_request(tmp_path: Path, parts: ExitStack) -> None:
    gateway, (orders, copies) = started("mirror.yaml", tmp_path, parts, 9001, 9002)
    for number in range(10):
        assert gateway.ask(f"/orders/{number}").body == "9001"
    copies.wait_for(10)
    assert sorted(each.target for each in copies.received) == [f"/orders/{number}" for number in range(10)]
    assert len(orders.received) == 10


async def test_dns_backend_follows_its_records(tmp_path: Path, parts: ExitStack) -> None:
    async with DNSResponder() as responder:
        path = ROUTING / "dns.yaml"
        ports = {**ports_of(path), 5353: int(responder.address.rpartition(":")[2])}
        (users_port,) = free_ports(1)
        parts.enter_context(RecordingServer("first", ports[9001]))
        parts.enter_context(RecordingServer("second", ports[9001], "127.0.0.2"))
        parts.enter_context(RecordingServer("users", users_port))
        responder.set("orders.internal", "A", "127.0.0.1")
        responder.set("_users._tcp.internal", "SRV", f"0 1 {users_port} users.internal.")
        responder.set("users.internal", "A", "127.0.0.1")
        gateway = await asyncio.to_thread(lambda: parts.enter_context(ExampleGateway(path, tmp_path, ports)))

        async def body(target: str) -> str:
            return (await asyncio.to_thread(gateway.ask, target)).body

        assert await body("/orders") == "first"
        assert await body("/users") == "users"
        responder.set("orders.internal", "A", "127.0.0.2")
        await asyncio.to_thread(
            gateway.eventually, lambda: {gateway.ask("/orders").body for _ in range(4)} == {"second"}
        )
        responder.set("orders.internal", "A")
        asked = len(responder.asked)
        await asyncio.to_thread(gateway.eventually, lambda: len(responder.asked) >= asked + 3)
        assert await body("/orders") == "second"
        # It is stopped from here, as it asks this loop until its end.
        await asyncio.to_thread(parts.close)


def test_a_site_for_browsers_answers_them(tmp_path: Path, parts: ExitStack) -> None:
    gateway, (site,) = started("for-browsers.yaml", tmp_path, parts, 9001)
    asking = {"Origin": "https://eu.shop.example", "Access-Control-Request-Method": "PUT"}
    allowed = gateway.ask("/api/orders", method="OPTIONS", headers=asking)
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, asking["Origin"])
    refused = gateway.ask("/api/orders", method="OPTIONS", headers={**asking, "Origin": "https://evil.example"})
    assert (refused.status, "access-control-allow-origin" in refused.headers) == (403, False)
    assert gateway.ask("/robots.txt").body.startswith("User-agent: *")
    closed = gateway.ask("/checkout/7")
    assert (closed.status, closed.body, closed.headers["retry-after"]) == (503, "<h1>Back at noon</h1>", "1800")
    assert closed.headers["x-frame-options"] == "DENY"
    assert site.received == []
    assert gateway.ask("/checkout/7", headers={"X-Office": "1"}).body == "9001"


def test_namespaces_keep_apart_what_no_grant_joins(tmp_path: Path, parts: ExitStack) -> None:
    gateway, _ = started("namespaces.yaml", tmp_path, parts, 9001, 9002)
    www = "www.shop.example"
    assert gateway.ask("/about", host=www).body == "9001"
    assert gateway.ask("/pay/now", host=www).body == "9002"
    assert gateway.ask("/about", host="www.elsewhere.example").status == 404
    assert gateway.ask("/anything", port=8081).body == "9002"
    gateway.documents = [each for each in gateway.documents if each["kind"] != "ReferenceGrant"]
    gateway.apply()
    gateway.eventually(lambda: gateway.ask("/pay/now", host=www).status == 500)
    assert gateway.ask("/about", host=www).body == "9001"
    assert gateway.ask("/anything", port=8081).body == "9002"


def test_listener_sets_add_a_host_that_the_gateway_allows(tmp_path: Path, parts: ExitStack) -> None:
    gateway, _ = started("listener-sets.yaml", tmp_path, parts, 9001, 9002)
    assert gateway.ask("/", host="www.shop.example").body == "9001"
    assert gateway.ask("/", host="main.example").body == "9002"
    entrance = next(each for each in gateway.documents if each["kind"] == "Gateway")
    del entrance["spec"]["allowedListeners"]
    gateway.apply()
    gateway.eventually(lambda: gateway.ask("/", host="www.shop.example").status == 404)
    assert gateway.ask("/", host="main.example").body == "9002"
