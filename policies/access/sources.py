"""Access by network of the client: the most specific network decides, at a tie the denied one."""

from __future__ import annotations

from typing import NamedTuple

from config.resources.access import SourceAccess
from policies.access.networks import NetworkTable
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial


class Listed(NamedTuple):
    """A network of the policy, as it was written."""

    network: str
    allowed: bool


class SourcesStep(Step):
    """Refuses clients by `subject.address`; where `allow` names networks, all that are in none of either list too.

    An address that cannot be read is refused: whoever lists networks does not mean to let in what has none.
    """

    name = "access.sources"
    __slots__ = ("_closed", "_table")

    def __init__(self, spec: SourceAccess) -> None:
        self._closed = bool(spec.allow)
        # Of equal networks the last one counts.
        listed = [Listed(network, allowed=True) for network in spec.allow]
        listed += [Listed(network, allowed=False) for network in spec.deny]
        self._table = NetworkTable((entry.network, entry) for entry in listed)

    def decide(self, subject: Subject) -> Denial | None:
        """403, with the network in the reason."""
        try:
            found = self._table.find(subject.address)
        except ValueError:
            return Denial(403, f"the address {subject.address!r} is in no network")
        if found is None:
            return Denial(403, f"{subject.address} is in no network that is let in") if self._closed else None
        assert isinstance(found, Listed)
        if found.allowed:
            return None
        return Denial(403, f"{subject.address} is in {found.network}, which is refused")
