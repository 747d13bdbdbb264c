"""All of discovery together: sharing, keeping, confirming, against real and scripted Consul."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.resources.weir import WeirSpec
from config.snapshot import BackendPlan
from discovery.endpoint import EndpointSet
from discovery.kept_views import KeptViews
from discovery.registry import BackendReading, Discovery
from tests.support.consul_agent import ConsulAgent
from tests.support.endpoints import DiscoveryRuntime, plan
from tests.support.scripted_consul import ScriptedConsul, answer, instance

ORDERS = {"consul": {"service": "orders"}}


class Changes:
    """What `on_change` was given."""

    def __init__(self) -> None:
        self.sets: list[EndpointSet] = []
        self._news = asyncio.Event()

    def __call__(self, changed: EndpointSet) -> None:
        self.sets.append(changed)
        self._news.set()

    def ids(self, backend: str = "shop/orders") -> list[str]:
        """Ids of the last set of a backend, without their node."""
        last = [changed for changed in self.sets if changed.backend == backend][-1:]
        return [endpoint.id.rpartition("/")[2] for changed in last for endpoint in changed.endpoints]

    async def until(self, holds: Callable[[], bool], limit_s: float = 10.0) -> None:
        """Wait for changes until `holds`. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while not holds():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def discovering(state_folder: Path | None = None) -> AsyncIterator[tuple[Discovery, Changes]]:
    """A registry that is closed at the end."""
    runtime = DiscoveryRuntime()
    changes = Changes()
    discovery = Discovery(runtime, changes, state_folder=state_folder)
    try:
        yield discovery, changes
    finally:
        await discovery.close()
        await runtime.close()


def process(address: str, confirm_after: str = "5s") -> WeirSpec:
    """Settings with one agent."""
    return WeirSpec.model_validate(
        {
            "consul": {"addresses": [address], "wait": "60s"},
            "discovery": {"emptyProtection": {"confirmAfter": confirm_after}},
        }
    )


def plans(**specs: Mapping[str, object]) -> dict[str, BackendPlan]:
    """Backends `shop/<name>`."""
    return {f"shop/{name}": plan(spec, name=f"shop/{name}") for name, spec in specs.items()}


def reading(discovery: Discovery, backend: str = "shop/orders") -> BackendReading:
    """The numbers of one backend."""
    return next(numbers for numbers in discovery.readings() if numbers.backend == backend)


async def test_nothing_to_find_is_ready() -> None:
    async with discovering() as (discovery, _):
        discovery.apply({}, WeirSpec())
        assert discovery.ready()


async def test_static_backend_is_ready_and_never_old() -> None:
    static = {"static": {"endpoints": [{"address": "127.0.0.1", "port": 9000}]}}
    async with discovering() as (discovery, changes):
        discovery.apply(plans(orders=static), WeirSpec())
        assert discovery.waiting() == ("shop/orders",)
        await changes.until(lambda: changes.ids() == ["127.0.0.1:9000"])
        assert discovery.ready()
        assert reading(discovery).age_s == 0.0
        more = {"static": {"endpoints": [{"address": "127.0.0.1", "port": 9001}]}}
        discovery.apply(plans(orders=more), WeirSpec())
        await changes.until(lambda: changes.ids() == ["127.0.0.1:9001"])


async def test_backends_that_ask_the_same_share_one_query() -> None:
    async with (
        ScriptedConsul(answer([instance("a", TaggedAddresses={"wan": {"Address": "192.0.2.1"}})], 5)) as consul,
        discovering() as (discovery, changes),
    ):
        wan = {"consul": {"service": "orders", "taggedAddress": "wan"}}
        discovery.apply(plans(orders=ORDERS, mirror=ORDERS, wan=wan), process(consul.address))
        await changes.until(lambda: len(changes.sets) == 3)
        await consul.until_asked(2)
        assert {found.backend: found.endpoints[0].address for found in changes.sets} == {
            "shop/orders": "127.0.0.1",
            "shop/mirror": "127.0.0.1",
            "shop/wan": "192.0.2.1",
        }
        assert len(consul.requests) == 2
        joined = plans(orders=ORDERS, mirror=ORDERS, wan=wan, late=ORDERS)
        discovery.apply(joined, process(consul.address))
        assert changes.ids("shop/late") == ["a"], "who joins later gets the last answer at once"
        assert len(consul.requests) == 2


async def test_unchanged_backends_are_not_asked_anew() -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul, discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await consul.until_asked(2)
        same, settings = plans(orders=ORDERS), process(consul.address)
        for _ in range(5):
            discovery.apply(plans(orders=ORDERS), process(consul.address))
            discovery.apply(same, settings)
        consul.add(answer([instance("b"), instance("a")], 6))
        await changes.until(lambda: changes.ids() == ["b", "a"])
        assert [request.get("index") for request in consul.requests[:2]] == [None, "5"]
        assert reading(discovery).queries <= 3


async def test_removed_backend_is_no_longer_asked_for() -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul, discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await consul.until_asked(2)
        discovery.apply({}, process(consul.address))
        consul.add(answer([instance("b")], 6))
        await asyncio.sleep(0.1)
        assert changes.ids() == ["a"]
        assert discovery.views() == {}
        assert discovery.describe() == []


async def test_answer_that_empties_is_confirmed_before_it_is_believed() -> None:
    async with (
        ScriptedConsul(answer([instance("a"), instance("b"), instance("c")], 5), answer([], 6)) as consul,
        discovering() as (discovery, changes),
    ):
        discovery.apply(plans(orders=ORDERS), process(consul.address, "300ms"))
        await consul.until_asked(3)
        assert reading(discovery).holding
        assert changes.ids() == ["a", "b", "c"]
        await consul.until_asked(4)
        consul.add(answer([], 6), answer([], 6))
        await changes.until(lambda: changes.ids() == [])
        assert "consistent" in consul.requests[3]
        assert not reading(discovery).holding
        assert reading(discovery).updates == 2


async def test_answer_that_was_an_error_changes_nothing() -> None:
    full = [instance("a"), instance("b"), instance("c")]
    async with ScriptedConsul(answer(full, 5), answer([], 6)) as consul, discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul.address, "100ms"))
        await consul.until_asked(4)
        consul.add(answer(full, 7), answer(full, 7))
        await consul.until_asked(6)
        assert not reading(discovery).holding
        assert len(changes.sets) == 1


async def test_changed_question_keeps_the_old_view_until_the_new_answer() -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul, discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await consul.until_asked(2)
        discovery.apply(plans(orders={"consul": {"service": "payments"}}), process(consul.address))
        assert [endpoint.id for endpoint in discovery.views()["shop/orders"].endpoints] == ["n1/a"]
        consul.add(answer([instance("z")], 9), answer([instance("z")], 9))
        await changes.until(lambda: changes.ids() == ["z"])


async def test_other_agents_are_asked_when_the_settings_change() -> None:
    async with (
        ScriptedConsul(answer([instance("a")], 5)) as one,
        ScriptedConsul(answer([instance("b")], 5)) as two,
        discovering() as (discovery, changes),
    ):
        discovery.apply(plans(orders=ORDERS), process(one.address))
        await changes.until(lambda: changes.ids() == ["a"])
        discovery.apply(plans(orders=ORDERS), process(two.address, "0s"))
        await changes.until(lambda: changes.ids() == ["b"])


async def test_views_survive_a_restart_without_consul(tmp_path: Path) -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul:
        async with discovering(tmp_path) as (discovery, changes):
            discovery.apply(plans(orders=ORDERS), process(consul.address))
            await changes.until(lambda: changes.ids() == ["a"])
        address = consul.address
    async with discovering(tmp_path) as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(address))
        assert changes.ids() == ["a"]
        assert discovery.ready()
        numbers = reading(discovery)
        assert numbers.source == "kept"
        assert numbers.age_s is not None


async def test_kept_view_is_guarded_and_replaced(tmp_path: Path) -> None:
    async with (
        ScriptedConsul(answer([instance("a"), instance("b")], 5)) as consul,
        discovering(tmp_path) as (
            discovery,
            changes,
        ),
    ):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await changes.until(lambda: changes.ids() == ["a", "b"])
    async with ScriptedConsul(answer([], 5)) as consul, discovering(tmp_path) as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await consul.until_asked(2)
        assert reading(discovery).holding
        assert reading(discovery).source == "consul"
        consul.add(answer([instance("a"), instance("c")], 6))
        await changes.until(lambda: changes.ids() == ["a", "c"])


async def test_closing_waits_for_the_disk_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    write = KeptViews.write

    def slow(views: KeptViews, endpoint_set: EndpointSet, asked: str) -> None:
        if not began.is_set():
            began.set()
            go_on.wait(10)
        write(views, endpoint_set, asked)

    monkeypatch.setattr(KeptViews, "write", slow)
    async with ScriptedConsul(answer([instance("a")], 5)) as consul, discovering(tmp_path) as (discovery, _):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await asyncio.to_thread(began.wait, 10)
        closing = asyncio.ensure_future(discovery.close())
        await asyncio.wait([closing], timeout=0.05)
        assert not closing.done()
        go_on.set()
        await closing
    assert [file.suffix for file in (tmp_path / "views").iterdir()] == [".json"]


async def test_kept_view_of_a_removed_backend_is_forgotten(tmp_path: Path) -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul:
        async with discovering(tmp_path) as (discovery, changes):
            discovery.apply(plans(orders=ORDERS), process(consul.address))
            await changes.until(lambda: changes.ids() == ["a"])
        assert len(list((tmp_path / "views").iterdir())) == 1
        async with discovering(tmp_path) as (discovery, changes):
            discovery.apply(plans(other={"static": {"endpoints": []}}), process(consul.address))
        assert list((tmp_path / "views").iterdir()) == []


async def test_description_shows_what_is_known() -> None:
    async with ScriptedConsul(answer([instance("a")], 5)) as consul, discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul.address))
        await changes.until(lambda: bool(changes.sets))
        (described,) = discovery.describe()
        assert described["name"] == "shop/orders"
        assert described["source"] == "consul"
        assert described["index"] == 5
        assert described["errors"] == {}
        endpoints = described["endpoints"]
        assert isinstance(endpoints, list)
        assert endpoints[0]["address"] == "127.0.0.1"


@pytest.mark.parametrize("kill", [True, False])
async def test_real_agent_that_dies_or_hangs_keeps_the_view(consul_agent: ConsulAgent, kill: bool) -> None:
    consul_agent.register("orders", 9000)
    async with discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS), process(consul_agent.address))
        await changes.until(lambda: changes.ids() == ["orders-9000"])
        if kill:
            await asyncio.to_thread(consul_agent.kill)
            async with asyncio.timeout(10.0):
                while not reading(discovery).errors:  # noqa: ASYNC110 - an error is counted, not announced
                    await asyncio.sleep(0.02)
            assert reading(discovery).last_error
            await asyncio.to_thread(consul_agent.restart)
        else:
            consul_agent.freeze()
            await asyncio.sleep(0.2)
            assert len(changes.sets) == 1
            consul_agent.thaw()
        assert changes.ids() == ["orders-9000"]
        await asyncio.to_thread(consul_agent.register, "orders", 9000)
        await asyncio.to_thread(consul_agent.register, "orders", 9001)
        await changes.until(lambda: sorted(changes.ids()) == ["orders-9000", "orders-9001"], 30.0)


async def test_real_agent_burst_costs_few_queries(consul_agent: ConsulAgent) -> None:
    """Work is counted, not time: a burst of 100 registrations is fewer queries than registrations."""
    consul_agent.register("orders", 9000)
    async with discovering() as (discovery, changes):
        discovery.apply(plans(orders=ORDERS, mirror=ORDERS), process(consul_agent.address))
        await changes.until(lambda: bool(changes.ids()))
        before = reading(discovery).queries

        def burst() -> None:
            for number in range(1, 101):
                consul_agent.register("orders", 9000 + number)

        await asyncio.to_thread(burst)
        await changes.until(lambda: len(changes.ids()) == 101)
        assert reading(discovery).queries - before <= 100
        assert reading(discovery).errors == {}
