"""Consul's JSON read into endpoints."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.endpoint import Endpoint
from discovery.sources.consul_instances import Instances, read_instances
from discovery.sources.source import SourceFailed
from tests.support.scripted_consul import instance


def read(*rows: dict[str, object]) -> Instances:
    """Read these rows."""
    return read_instances(orjson.dumps(rows))


def one(**service: object) -> Endpoint:
    """The endpoint of one instance with these fields."""
    (endpoint,) = read(instance("a", **service)).endpoints("")  # type: ignore[arg-type]
    return endpoint


def test_instance_is_an_endpoint() -> None:
    assert one(Meta={"version": "v2"}, tags=["primary", "lane=canary"]) == Endpoint(
        id="n1/a",
        address="127.0.0.1",
        port=9000,
        weight=10,
        zone="node-zone",
        tags={"primary": "", "lane": "canary", "version": "v2"},
    )


def test_metadata_goes_before_tags() -> None:
    assert one(Meta={"lane": "blue"}, tags=["lane=green"]).tags == {"lane": "blue"}


def test_service_without_address_is_at_its_node() -> None:
    assert one(Address="").address == "127.0.0.1"


@pytest.mark.parametrize(("status", "weights"), [("passing", [10]), ("warning", [2]), ("critical", [])])
def test_worst_check_decides(status: str, weights: list[int]) -> None:
    assert [endpoint.weight for endpoint in read(instance("a", status=status)).endpoints("")] == weights


def test_weights_left_out_are_one_and_greater_ones_are_cut() -> None:
    assert one(Weights=None).weight == 1
    assert one(Weights={"Passing": 1 << 40, "Warning": 1}).weight == 65535
    assert one(Weights={"Passing": 0, "Warning": 1}).weight == 0


def test_tagged_address_is_used_where_there_is_one() -> None:
    tagged = instance("a", TaggedAddresses={"wan": {"Address": "192.0.2.1", "Port": 80}})
    plain = instance("b")
    plain["Node"] = {"Node": "n2", "Address": "127.0.0.1", "TaggedAddresses": {"wan": "192.0.2.2"}}
    bare = instance("c")
    places = [(endpoint.address, endpoint.port) for endpoint in read(tagged, plain, bare).endpoints("wan")]
    assert places == [("192.0.2.1", 80), ("192.0.2.2", 9000), ("127.0.0.1", 9000)]


def test_zone_is_the_locality_else_the_metadata() -> None:
    assert one(Locality={"Region": "r", "Zone": "z1"}, Meta={"zone": "z2"}).zone == "z1"
    assert one(Meta={"zone": "z2"}).zone == "z2"


def test_instance_without_a_port_is_left_out() -> None:
    instances = read(instance("a", 0), instance("b"))
    assert [endpoint.id for endpoint in instances.endpoints("")] == ["n1/b"]
    assert instances.unusable == 1


def test_same_id_twice_counts_once() -> None:
    assert len(read(instance("a"), instance("a")).endpoints("")) == 1


RUBBISH = [b"", b"null", b"{}", b"[1]", b"[{}]", b'[{"Node":{},"Service":{}}]', b"[[]]", b"[", b"\xff"]


@pytest.mark.parametrize("body", RUBBISH)
def test_rubbish_is_refused_whole(body: bytes) -> None:
    with pytest.raises(SourceFailed) as failed:
        read_instances(body)
    assert failed.value.reason == "rubbish"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 60), 1 << 60) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(place=st.sampled_from(["Node", "Service", "Checks"]), field=st.sampled_from(list("abc")), value=JSON)
def test_any_json_in_any_place_is_read_or_refused(place: str, field: str, value: object) -> None:
    names = {
        "Node": ["Node", "Address", "TaggedAddresses"],
        "Service": ["Tags", "Port", "Weights"],
        "Checks": [],
    }[place]
    row = instance("a")
    part = row[place]
    if names and isinstance(part, dict):
        part[names["abc".index(field)]] = value
    else:
        row[place] = value
    try:
        read(row)
    except SourceFailed as failed:
        assert failed.reason == "rubbish"
