"""Where a request is sent by hand, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from config.snapshot import WeightedBackend


class Steered(NamedTuple):
    """`rule` sends a request to the backend `to` (None is that of the route), and there to one `endpoint`, by its
    `address:port`, or to those that have all of `tags`; to any, where both are empty. It does so `until` a time, as
    the rule has it.
    """

    rule: str
    to: WeightedBackend | None
    endpoint: str
    tags: Mapping[str, str]
    until: str = ""

    @property
    def words(self) -> str:
        """`steers it by debug to backend shop/legacy, endpoint 10.0.0.5:8080, until 2026-12-31T18:00:00Z`."""
        parts = []
        if self.to is not None:
            parts.append(f"backend {self.to.backend}" if self.to.backend is not None else f"nowhere: {self.to.problem}")
        if self.endpoint:
            parts.append(f"endpoint {self.endpoint}")
        if self.tags:
            parts.append(f"endpoints with {', '.join(f'{name}={value}' for name, value in self.tags.items())}")
        if self.until:
            parts.append(f"until {self.until}")
        return f"steers it by {self.rule} to {', '.join(parts)}"
