"""Kind `ListenerSet`: further listeners for a Gateway, from another owner."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from config.resources.gateway import Listeners
from config.resources.model import Model
from config.resources.references import ParentGatewayReference
from config.resources.resource import Resource


class ListenerSetSpec(Model):
    """The Gateway and the listeners that it gets."""

    parent_ref: ParentGatewayReference = Field(description="The Gateway.")
    listeners: Listeners = Field(description="Listeners, 1..64.")


class ListenerSet(Resource):
    """Further listeners for a Gateway that allows them."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1",)
    KIND: ClassVar[str] = "ListenerSet"

    spec: ListenerSetSpec = Field(description="The Gateway and the listeners.")
