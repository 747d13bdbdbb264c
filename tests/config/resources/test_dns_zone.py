"""DNSZones: an open resolver cannot be declared by accident."""

from __future__ import annotations

from config.resources.dns_zone import DNSZone
from tests.config.resources.own_kinds import read, refusal


def test_reads_records_and_forwarders() -> None:
    """Static records, names of backends, and forwarding for a network."""
    record = {"name": "www", "type": "A", "values": ["192.0.2.1"]}
    forwarder = {"upstreams": [{"address": "192.0.2.53"}]}
    zone = {
        "zone": "weir.",
        "records": [record],
        "backends": {},
        "forwarders": [forwarder],
        "allowRecursion": ["10.0.0.0/8"],
    }
    assert [listener.protocol for listener in read(DNSZone, zone).spec.listeners] == ["UDP", "TCP"]


def test_forwarding_needs_an_access_list() -> None:
    """Forwarders without `allowRecursion` would serve the whole internet's reflections."""
    assert "allowRecursion" in refusal(
        DNSZone, {"zone": ".", "forwarders": [{"upstreams": [{"address": "192.0.2.53"}]}]}
    )
