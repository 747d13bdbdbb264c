"""Endpoints written out."""

from __future__ import annotations

from config.resources.backend import StaticSource
from discovery.endpoint import Endpoint
from discovery.sources.static import Static
from tests.support.endpoints import Collected


async def test_endpoints_are_as_written() -> None:
    written = {"address": "127.0.0.1", "port": 9001, "weight": 3, "zone": "east", "tags": {"version": "v1"}}
    source = Static(StaticSource.model_validate({"endpoints": [written, {"address": "::1", "port": 9002}]}))
    got = Collected()
    await source.run(got)
    assert got.answers[0].endpoints("") == (
        Endpoint("127.0.0.1:9001", "127.0.0.1", 9001, 3, "east", {"version": "v1"}),
        Endpoint("::1:9002", "::1", 9002),
    )
    source.refresh()
    assert source.tally.answers == 1
