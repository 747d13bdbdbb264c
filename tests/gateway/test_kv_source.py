"""Tests of what becomes of `spec.consul.kvPrefix`; how the source behaves is tested in `tests/config/sources`."""

from __future__ import annotations

from config.resources.weir import WeirSpec
from config.sources.text import SourceText
from gateway.kv_source import kv_source
from tests.support.endpoints import DiscoveryRuntime


def process(**consul: object) -> WeirSpec:
    return WeirSpec.model_validate({"consul": consul})


async def test_there_is_none_where_no_prefix_is_named() -> None:
    assert kv_source(WeirSpec(), (), DiscoveryRuntime()) is None
    assert kv_source(process(addresses=["127.0.0.1:1"]), (), DiscoveryRuntime()) is None


async def test_goes_on_with_what_is_known_of_its_own_keys() -> None:
    own = SourceText("consul:weir/prod/a", b"1")
    others = (SourceText("consul:weir/production/a", b"2"), SourceText("weir/prod/a", b"3"))
    source = kv_source(process(kvPrefix="weir/prod"), (own, *others), DiscoveryRuntime())
    assert source is not None
    assert (source.name, source.read().texts, source.answered) == ("consul:weir/prod/", (own,), False)
