"""Backends as the API shows them: the source's word and the endpoint's standing in one object."""

from __future__ import annotations

from config.resources.weir import WeirSpec
from discovery.health.board import HealthBoard
from discovery.health.by_hand import Action, ByHand, Setting
from discovery.registry import Discovery
from gateway.admin.backends import described
from tests.support.endpoints import DiscoveryRuntime, plan
from tests.support.waiting import until


async def test_endpoint_shows_what_is_in_force_and_why() -> None:
    runtime = DiscoveryRuntime()
    health = HealthBoard(runtime, lambda _: None, lambda _: None, ByHand())
    discovery = Discovery(runtime, health.view_changed)
    backends = {"d/b": plan({"static": {"endpoints": [{"address": "127.0.0.1", "port": 1, "weight": 5}]}}, name="d/b")}
    health.configure(backends, WeirSpec())
    discovery.apply(backends, WeirSpec())
    await until(lambda: bool(health.views()))
    now_s = runtime.unix_s()
    health.set_by_hand(Setting("d/b", "127.0.0.1:1", Action.DRAIN, now_s, now_s + 60, reason="release", who="ops"))
    (backend,) = described(discovery, health)
    (endpoint,) = backend["endpoints"]  # type: ignore[attr-defined]
    assert (endpoint["weight"], endpoint["serving"], endpoint["state"]) == (5, False, "draining")
    assert endpoint["byHand"][0]["who"] == "ops"
    assert "drain by ops" in endpoint["reasons"][0]
    await discovery.close()
    await health.close()
    await runtime.close()
