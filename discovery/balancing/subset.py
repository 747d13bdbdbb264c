"""Endpoints of a backend by their tags, and which of them a request is for: what lanes and subsets are made of.

An endpoint agrees with a request where, of the tags that select, each is the same on both, or missing on both. So a
request without a lane goes to the baseline, the endpoints without one, and never to a canary by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from discovery.lease import EndpointState

Fallback = Literal["Baseline", "Any", "None"]
Names = tuple[str, ...]
Values = tuple[str | None, ...]


class Selection(NamedTuple):
    """The endpoints that one request is for: those whose tags `names` are `values`, else those of `fallback`.

    With a `place`, `address:port`, that endpoint alone, whether it takes other requests or not.
    """

    names: Names
    values: Values
    fallback: Fallback
    place: str = ""

    @property
    def words(self) -> str:
        """As `lane=canary`, and `no lane` for a request that has none."""
        if self.place:
            return f"endpoint {self.place}"
        pairs = zip(self.names, self.values, strict=True)
        return ", ".join(f"no {name}" if value is None else f"{name}={value}" for name, value in pairs)


def endpoint_at(place: str) -> Selection:
    """The endpoint at `place` and no other, whether it takes other requests or not."""
    return Selection((), (), "None", place)


class Following(NamedTuple):
    """The tags that select, of whatever request."""

    names: Names
    fallback: Fallback

    def selection(self, tags: Mapping[str, str]) -> Selection:
        """That of a request with `tags`."""
        return Selection(self.names, tuple([tags.get(name) for name in self.names]), self.fallback)


def by_tags(states: Sequence[EndpointState], names: Names) -> dict[Values, tuple[EndpointState, ...]]:
    """`states` by their values of the tags `names`, in their order."""
    groups: dict[Values, list[EndpointState]] = {}
    for state in states:
        tags = state.endpoint.tags
        groups.setdefault(tuple([tags.get(name) for name in names]), []).append(state)
    return {values: tuple(members) for values, members in groups.items()}
