"""Kind `TCPRoute`: where TCP traffic of a listener goes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from config.resources.model import Model
from config.resources.parents import ParentRefs
from config.resources.resource import Resource
from config.resources.scalars import Items
from config.resources.stream_rules import StreamRule


class TCPRouteSpec(Model):
    """Parents and the rule."""

    parent_refs: ParentRefs = Field((), description="Gateways or ListenerSets, or listeners of them. Default: none.")
    rules: Items[StreamRule] = Field(min_length=1, max_length=1, description="The rule.")


class TCPRoute(Resource):
    """Where TCP traffic of a listener goes."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1alpha2")
    KIND: ClassVar[str] = "TCPRoute"

    spec: TCPRouteSpec = Field(description="Parents and the rule.")
