"""EndpointSlices, read as kube-proxy does."""

from __future__ import annotations

from config.resources.backend import EndpointSliceSource
from config.resources.endpoint_slice import EndpointSlice
from discovery.sources.endpoint_slice import EndpointSlices, read_slices
from tests.support.endpoints import Collected


def slice_of(
    *endpoints: dict[str, object], ports: list[dict[str, object]] | None = None, **more: object
) -> EndpointSlice:
    """A slice with these endpoints."""
    return EndpointSlice.model_validate(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "orders-1", "labels": {"kubernetes.io/service-name": "orders"}},
            "addressType": "IPv4",
            "endpoints": list(endpoints),
            "ports": ports or [{"name": "http", "port": 8080}],
            **more,
        }
    )


def pod(number: int, *, hint: str = "", zone: str = "", **conditions: bool) -> dict[str, object]:
    """One endpoint at 10.0.0.<number>."""
    return {
        "addresses": [f"10.0.0.{number}"],
        "conditions": conditions,
        **({"zone": zone} if zone else {}),
        **({"hints": {"forZones": [{"name": hint}]}} if hint else {}),
    }


def shown(*slices: EndpointSlice, port: int | str | None = None, own_zone: str = "") -> dict[str, bool]:
    """Ids, and whether they serve."""
    return {endpoint.id: endpoint.serving for endpoint in read_slices(slices, port, own_zone)}


def test_unknown_conditions_count_as_ready() -> None:
    assert shown(slice_of(pod(1), pod(2, ready=True))) == {"10.0.0.1:8080": True, "10.0.0.2:8080": True}


def test_not_ready_is_left_out_and_terminating_drains() -> None:
    told = slice_of(
        pod(1, ready=True),
        pod(2, ready=False),
        pod(3, ready=False, serving=True, terminating=True),
        pod(4, ready=False, serving=False, terminating=True),
    )
    assert shown(told) == {"10.0.0.1:8080": True, "10.0.0.3:8080": False}


def test_terminating_ones_serve_where_no_other_does() -> None:
    told = slice_of(pod(3, ready=False, serving=True, terminating=True), pod(4, ready=False))
    assert shown(told) == {"10.0.0.3:8080": True}


def test_port_by_name_by_number_and_the_only_one() -> None:
    ports: list[dict[str, object]] = [{"name": "http", "port": 8080}, {"name": "admin", "port": 9090}]
    told = slice_of(pod(1), ports=ports)
    assert shown(told, port="admin") == {"10.0.0.1:9090": True}
    assert shown(told, port=8080) == {"10.0.0.1:8080": True}
    assert shown(told) == {}
    assert shown(told, port="grpc") == {}


def test_slices_are_joined_and_an_address_counts_once() -> None:
    assert shown(slice_of(pod(1), pod(2)), slice_of(pod(2), pod(3))).keys() == {
        f"10.0.0.{number}:8080" for number in (1, 2, 3)
    }


def test_of_two_families_one_is_used() -> None:
    other = slice_of({"addresses": ["2001:db8::1"]}, addressType="IPv6")
    assert shown(other, slice_of(pod(1))) == {"10.0.0.1:8080": True}
    assert shown(other) == {"2001:db8::1:8080": True}


def test_hints_for_the_own_zone_are_followed_where_all_have_some() -> None:
    hinted = slice_of(pod(1, hint="a", zone="a"), pod(2, hint="b", zone="b"))
    assert shown(hinted, own_zone="a") == {"10.0.0.1:8080": True}
    assert len(shown(hinted, own_zone="c")) == 2
    assert len(shown(hinted)) == 2
    assert len(shown(slice_of(pod(1, hint="a"), pod(2)), own_zone="a")) == 2


async def test_source_publishes_once() -> None:
    got = Collected()
    source = EndpointSlices([slice_of(pod(1, zone="a"))], EndpointSliceSource(service="orders"), "")
    await source.run(got)
    source.refresh()
    assert [member.zone for member in got.answers[0].endpoints("")] == ["a"]
