"""The narrowest network decides, whatever lies around it, and however many there are."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access.networks import NetworkTable


def table(*networks: str) -> NetworkTable:
    return NetworkTable((network, network) for network in networks)


def by_scan(networks: list[str], address: str) -> str | None:
    """What the table must find, found the slow way; IPv4-mapped ones are IPv4."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    found, longest = None, -1
    for text in networks:
        network = ip_network(text, strict=False)
        length, first = network.prefixlen, int(network.network_address)
        version = network.version
        if version == 6 and length >= 96 and first >> 32 == 0xFFFF:
            version, length, first = 4, length - 96, first & 0xFFFFFFFF
        bits = 32 if version == 4 else 128
        if version == ip.version and int(ip) >> (bits - length) == first >> (bits - length) and length >= longest:
            found, longest = text, length
    return found


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.6.6.1", "10.6.6.0/24"),
        ("10.6.7.1", "10.0.0.0/8"),
        ("10.255.255.255", "10.0.0.0/8"),
        ("11.0.0.0", None),
        ("9.255.255.255", None),
        ("0.0.0.0", None),
        ("255.255.255.255", "255.255.255.255/32"),
        ("2001:db8::1", "2001:db8::/32"),
        ("2001:db8:0:1::9", "2001:db8:0:1::/64"),
        ("2001:db9::", None),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8"),
        ("::", None),
    ],
)
def test_longest_prefix_decides(address: str, network: str | None) -> None:
    networks = ("10.0.0.0/8", "10.6.6.0/24", "255.255.255.255/32", "2001:db8::/32", "2001:db8:0:1::/64", "ff00::/8")
    assert table(*networks).find(address) == network


def test_an_address_written_as_ipv6_is_the_ipv4_address_in_it() -> None:
    networks = table("10.0.0.0/8", "::ffff:192.0.2.0/120", "::/0")
    assert networks.find("::ffff:10.1.2.3") == "10.0.0.0/8"
    assert networks.find("192.0.2.9") == networks.find("::ffff:c000:209") == "::ffff:192.0.2.0/120"
    assert networks.find("198.51.100.1") is None, "no IPv6 network that is wider has IPv4 addresses in it"
    assert networks.find("2001:db8::1") == "::/0"
    assert table("::ffff:0:0/96").find("198.51.100.1") == "::ffff:0:0/96"


def test_of_equal_networks_the_last_counts() -> None:
    networks = NetworkTable([("10.0.0.0/8", 1), ("10.9.9.9/8", 2), ("2001:db8::/32", 3), ("2001:db8::/32", 4)])
    assert (networks.find("10.1.1.1"), networks.find("2001:db8::")) == (2, 4)


def test_whole_families_and_single_addresses() -> None:
    networks = table("0.0.0.0/0", "192.0.2.1", "::/0", "2001:db8::1")
    assert networks.find("192.0.2.1") == "192.0.2.1"
    assert networks.find("192.0.2.2") == networks.find("255.255.255.255") == networks.find("0.0.0.0") == "0.0.0.0/0"
    assert networks.find("2001:db8::1") == "2001:db8::1"
    assert networks.find("2001:db8::2") == "::/0"


def test_networks_that_touch_and_end_together() -> None:
    networks = table("10.0.0.0/9", "10.128.0.0/9", "10.255.0.0/16", "10.255.255.0/24", "0.0.0.0/1")
    found = [networks.find(address) for address in ("10.127.255.255", "10.128.0.0", "10.255.255.9", "11.0.0.0")]
    assert found == ["10.0.0.0/9", "10.128.0.0/9", "10.255.255.0/24", "0.0.0.0/1"]
    assert networks.find("128.0.0.0") is None


def test_no_network_has_no_address() -> None:
    assert table().find("10.0.0.1") is None
    assert table().find("::1") is None


def test_a_zone_does_not_count() -> None:
    assert table("fe80::/10").find("fe80::1%eth0") == "fe80::/10"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "10.0.0.01",
        "10.0.0.256",
        "1.2.3.4\0",
        "10.0.0.1 ",
        "10.0.0.1%a",
        "\u0661\u0660.0.0.1",
        "::1%",
        "fe80::1%a%b",
        "::ffff:300.1.1.1",
        "1:2:3:4:5:6:7",
        "/run/weir.sock",
        "a" * 99,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="IP"):
        table("0.0.0.0/0", "::/0").find(text)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0", "::/129", "", "x/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an IP address|does not appear to be|prefix"):
        table(text)


small_v4 = st.integers(0, 255).map(lambda value: str(IPv4Address(0x0A000000 | value << 8 | value & 7)))
small_v6 = st.integers(0, 255).map(lambda value: str(IPv6Address(0x20010DB8 << 96 | value << 60 | value & 7)))
mapped = small_v4.map(lambda text: f"::ffff:{text}")
networks_near = st.one_of(
    st.builds("{}/{}".format, small_v4, st.integers(0, 32)),
    st.builds("{}/{}".format, small_v6, st.integers(0, 128)),
    st.builds("{}/{}".format, mapped, st.integers(90, 128)),
)
addresses = st.one_of(small_v4, small_v6, mapped, st.ip_addresses().map(str))


@given(networks=st.lists(networks_near, max_size=30), asked=st.lists(addresses, max_size=20))
def test_finds_what_a_scan_of_all_networks_finds(networks: list[str], asked: list[str]) -> None:
    table_of_all = table(*networks)
    for address in [*asked, *(network.partition("/")[0] for network in networks)]:
        assert table_of_all.find(address) == by_scan(networks, address), address


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    whole = table("0.0.0.0/0", "::/0")
    try:
        ip_address(text)
    except ValueError:
        with pytest.raises(ValueError, match="IP"):
            whole.find(text)
    else:
        assert whole.find(text) in ("0.0.0.0/0", "::/0")
