"""Consul's answer about the health of a service, read into endpoints; knows the JSON, not the way it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from discovery.endpoint import Endpoint
from discovery.sources.source import SourceFailed

WEIGHT_MAX = 65535
ZONE_KEY = "zone"
"""Where neither the instance nor the node has a locality (Consul 1.17), this key of their metadata is the zone."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance: `endpoint` at its service address, `tagged` its other places by name."""

    endpoint: Endpoint
    tagged: Mapping[str, tuple[str, int]]

    def at(self, name: str) -> Endpoint:
        """The endpoint at the tagged address `name`, or at the service address where `name` is "" or unknown."""
        place = self.tagged.get(name)
        if place is None:
            return self.endpoint
        own = self.endpoint
        return Endpoint(own.id, place[0], place[1], own.weight, own.zone, own.tags, own.serving)


@dataclass(frozen=True, slots=True)
class Instances:
    """All instances of one answer, in Consul's order; `unusable` of them had no address or port and are left out."""

    instances: tuple[Instance, ...]
    unusable: int = 0

    def endpoints(self, variant: str) -> tuple[Endpoint, ...]:
        """The endpoints at the tagged address `variant`, or at the service addresses for ""."""
        if not variant:
            return tuple(instance.endpoint for instance in self.instances)
        return tuple(instance.at(variant) for instance in self.instances)


def read_instances(body: bytes) -> Instances:
    """Read the body of `/v1/health/service/:service`.

    An instance with a critical check is out, and maintenance is such a check; one with a warning has that weight.
    Raises SourceFailed for anything that is not a list of instances: no part of a broken answer is believed.
    """
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SourceFailed("rubbish", f"not JSON: {error}") from error
    if not isinstance(rows, list):
        raise SourceFailed("rubbish", "a list of instances was expected")
    instances: dict[str, Instance] = {}
    unusable = 0
    for row in rows:
        try:
            instance = _instance(row["Node"], row["Service"], row.get("Checks") or [])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise SourceFailed("rubbish", f"not an instance: {type(error).__name__} {error}") from error
        if instance is None:
            continue
        if not instance.endpoint.address or not 0 < instance.endpoint.port <= 65535:
            unusable += 1
        else:
            instances.setdefault(instance.endpoint.id, instance)
    return Instances(tuple(instances.values()), unusable)


def _instance(
    node: dict[str, object], service: dict[str, object], checks: Sequence[dict[str, object]]
) -> Instance | None:
    """One instance, None where a check is critical."""
    statuses = {check["Status"] for check in checks}
    if "critical" in statuses:
        return None
    weights = _mapping(service.get("Weights"))
    weight = weights.get("Warning" if "warning" in statuses else "Passing", 1)
    address = _text(service.get("Address")) or _text(node["Address"])
    port = _whole(service["Port"])
    meta = {name: _text(value) for name, value in _mapping(service.get("Meta")).items()}
    endpoint = Endpoint(
        id=f"{_text(node['Node'])}/{_text(service['ID'])}",
        address=address,
        port=port,
        weight=max(0, min(WEIGHT_MAX, _whole(weight))),
        zone=_zone(node, service, meta),
        tags={**_tags(service.get("Tags")), **meta},
    )
    return Instance(endpoint, _tagged_addresses(node, service, port))


def _tags(tags: object) -> dict[str, str]:
    """Consul's tags as pairs: `lane=canary` is one, `primary` has an empty value. Metadata goes before them."""
    if tags is None:
        return {}
    if not isinstance(tags, list):
        raise TypeError("Tags is no list")
    pairs = (_text(tag).partition("=") for tag in tags)
    return {name: value for name, _, value in pairs}


def _zone(node: dict[str, object], service: dict[str, object], meta: dict[str, str]) -> str:
    for place in (service, node):
        zone = _mapping(place.get("Locality")).get("Zone")
        if zone:
            return _text(zone)
    return meta.get(ZONE_KEY) or _text(_mapping(node.get("Meta")).get(ZONE_KEY))


def _tagged_addresses(node: dict[str, object], service: dict[str, object], port: int) -> dict[str, tuple[str, int]]:
    """Places by name: the node's with the service's port, the instance's own before them."""
    places: dict[str, tuple[str, int]] = {}
    for name, address in _mapping(node.get("TaggedAddresses")).items():
        if address:
            places[name] = (_text(address), port)
    for name, place in _mapping(service.get("TaggedAddresses")).items():
        own = _mapping(place)
        address = _text(own.get("Address"))
        if address:
            places[name] = (address, _whole(own.get("Port") or port))
    return places


def _mapping(value: object) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number was expected")
    return value
