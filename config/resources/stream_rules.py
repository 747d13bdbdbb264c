"""What the routes of whole connections (TLS, TCP, UDP) share: one rule of weighted backends."""

from __future__ import annotations

from pydantic import Field

from config.resources.model import Model
from config.resources.references import BackendRef
from config.resources.scalars import Items, SectionName


class StreamRule(Model):
    """Backends for connections."""

    name: SectionName | None = Field(None, description="Name of the rule. Default: its position.")
    backend_refs: Items[BackendRef] = Field(min_length=1, max_length=16, description="Backends by weight, 1..16.")
