"""An address is in a set of networks, or it is not; what is no address never is."""

from __future__ import annotations

import pytest

from policies.access.network_set import NetworkSet


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("unix", False),
        ("10.1.2", False),
    ],
)
def test_only_addresses_of_the_networks_are_there(address: str, found: bool) -> None:
    assert NetworkSet(["10.0.0.0/8", "2001:db8::/32"]).has(address) is found


def test_nobody_is_in_none() -> None:
    assert not NetworkSet([]).has("10.1.2.3")
