"""Parts that change or delay messages: defaults and bounds."""

from __future__ import annotations

import pytest

from config.resources.shaping import Buffering, Cache, Compression, Fault, Overload
from config.resources.traffic_policy import TrafficPolicy
from tests.config.resources.own_kinds import read, refusal


def test_fault_strikes_every_request_unless_it_says_a_share() -> None:
    fault = Fault.model_validate({"delay": {"duration": "1s"}, "abort": {"percent": 1.5}})
    assert fault.delay is not None and fault.abort is not None
    assert (fault.delay.percent, fault.abort.percent, fault.abort.status) == (100.0, 1.5, 503)


def test_defaults_are_those_that_the_fields_describe() -> None:
    assert Compression().algorithms == ("zstd", "br", "gzip")
    assert Compression().min_bytes.bytes == 1024
    assert (Buffering().max_bytes.bytes, Buffering().memory_bytes.bytes) == (1 << 20, 64 << 10)
    assert (Cache().tiers, Cache().key.query, Cache().store_set_cookie) == (("Memory",), ("*",), False)
    assert (Overload().priority, Overload().max_queue) == (5, 1024)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"fault": {"abort": {"percent": 100.1}}}, "less than or equal to 100"),
        ({"fault": {"abort": {"status": 199}}}, "greater than or equal to 200"),
        ({"fault": {"delay": {}}}, "Field required"),
        ({"compression": {"level": 20}}, "less than or equal to 19"),
        ({"compression": {"algorithms": []}}, "at least 1 item"),
        ({"compression": {"algorithms": ["deflate"]}}, "Input should be 'zstd', 'br' or 'gzip'"),
        ({"decompression": {"maxRatio": 0}}, "greater than or equal to 1"),
        ({"errorPages": [{"statuses": [200], "body": ""}]}, "greater than or equal to 400"),
        ({"cache": {"tiers": []}}, "at least 1 item"),
        ({"cache": {"ttls": [{"statuses": [199], "ttl": "1s"}]}}, "greater than or equal to 200"),
        ({"overload": {"priority": 10}}, "less than or equal to 9"),
    ],
)
def test_what_is_out_of_range_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(TrafficPolicy, spec)


def test_parts_stand_in_a_policy() -> None:
    policy = read(TrafficPolicy, {"errorPages": [{"statuses": [502, 503], "body": "sorry"}]})
    (page,) = policy.spec.error_pages
    assert (page.statuses, page.content_type, page.from_backend) == ((502, 503), "text/html; charset=utf-8", False)
