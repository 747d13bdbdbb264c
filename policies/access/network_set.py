"""Networks whose clients are let do something."""

from __future__ import annotations

from collections.abc import Sequence

from policies.access.networks import NetworkTable


class NetworkSet:
    """`networks` in CIDR notation; IPv4 addresses in IPv6 form are taken as IPv4."""

    __slots__ = ("_table",)

    def __init__(self, networks: Sequence[str]) -> None:
        self._table = NetworkTable((network, True) for network in networks)

    def has(self, address: str) -> bool:
        """Whether `address` is in one of them; what is no IP literal is in none."""
        try:
            return self._table.find(address) is not None
        except ValueError:
            return False
