"""Which questions are the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

from config.resources.weir import WeirSpec
from discovery.asked import Asked, Sources
from tests.support.endpoints import DiscoveryRuntime, plan


def consul(**fields: object) -> dict[str, object]:
    """A Consul backend."""
    return {"consul": {"service": "orders", **fields}}


async def asked(spec: dict[str, object], process: dict[str, object] | None = None, name: str = "shop/orders") -> Asked:
    """The question of a backend under these settings."""
    sources = Sources(DiscoveryRuntime())
    sources.configure(WeirSpec.model_validate(process or {}))
    return sources.asked(plan(spec, name=name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (consul(tags=["a", "b"]), consul(tags=["b", "a"])),
        (consul(taggedAddress="wan"), consul()),
        (consul(), {**consul(), "protocol": "h2", "emptyProtection": {"confirmAfter": "1s"}}),
    ],
)
async def test_equal_questions_share_a_key_also_between_backends(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert (await asked(one)).key == (await asked(other, name="shop/other")).key


@pytest.mark.parametrize(
    "other",
    [consul(datacenter="dc2"), consul(tags=["a"]), consul(filter="x"), consul(onlyPassing=False), consul(stale=False)],
)
async def test_different_questions_do_not(other: dict[str, object]) -> None:
    assert (await asked(consul())).key != (await asked(other)).key


async def test_other_agents_are_another_watch_of_the_same_question() -> None:
    one, two = await asked(consul()), await asked(consul(), {"consul": {"addresses": ["192.0.2.1:8500"]}})
    assert one.key != two.key
    assert one.text == two.text


async def test_kept_view_is_of_one_way_to_read() -> None:
    assert (await asked(consul(taggedAddress="wan"))).whole != (await asked(consul())).whole


async def test_static_backends_share_nothing() -> None:
    static: dict[str, object] = {"static": {"endpoints": []}}
    assert (await asked(static)).key != (await asked(static, name="shop/other")).key


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (consul(), "consul"),
        ({"static": {"endpoints": []}}, "static"),
        ({"dns": {"name": "orders.test", "port": 80}}, "dns"),
        ({"endpointSlice": {"service": "orders"}}, "endpointSlice"),
    ],
)
async def test_source_is_of_the_kind_that_is_written(spec: dict[str, object], kind: str) -> None:
    sources = Sources(DiscoveryRuntime())
    sources.configure(WeirSpec())
    try:
        assert sources.make(plan(spec)).kind == kind
        assert (await asked(spec)).text.startswith(kind)
    finally:
        await sources.close()


async def test_a_plan_that_was_seen_before_is_not_written_out_again() -> None:
    """A static list may be long, and every reload asks for all of them."""
    sources = Sources(DiscoveryRuntime())
    one, other = plan(), plan()
    assert sources.asked(one) is sources.asked(one)
    assert sources.asked(one) == sources.asked(other)
    consul_plan = plan(consul())
    before = sources.asked(consul_plan)
    sources.configure(WeirSpec.model_validate({"consul": {"addresses": ["http://127.0.0.1:1"]}}))
    assert sources.asked(consul_plan).key != before.key


def test_clients_are_imported_for_the_sources_that_need_them() -> None:
    program = """
import sys
from config.resources.backend import BackendSpec
from config.resources.backend_policy import BackendPolicySpec
from config.snapshot import BackendPlan
from discovery.asked import load_clients

def plan(source):
    return BackendPlan("d/b", BackendSpec.model_validate(source), BackendPolicySpec())

def loaded():
    return {"consul", "dns"} & sys.modules.keys()

load_clients([plan({"static": {"endpoints": [{"address": "127.0.0.1", "port": 1}]}})])
assert loaded() == set()
load_clients([plan({"dns": {"name": "a.example", "port": 80}})])
assert loaded() == {"dns"}
load_clients([plan({"consul": {"service": "a"}})])
assert loaded() == {"dns", "consul"}
"""
    subprocess.run([sys.executable, "-c", program], check=True)
