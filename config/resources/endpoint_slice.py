"""Kind `EndpointSlice` of discovery.k8s.io: the addresses behind a Service."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from config.resources.model import Model
from config.resources.resource import Resource
from config.resources.scalars import Items

SERVICE_LABEL = "kubernetes.io/service-name"
"""The label that says whose endpoints a slice holds."""


class EndpointConditions(Model):
    """State of an endpoint; one that is left out is unknown."""

    ready: bool | None = Field(None, description="Whether it takes traffic. Default: unknown, which counts as true.")
    serving: bool | None = Field(None, description="Whether it answers, also while it terminates. Default: as `ready`.")
    terminating: bool | None = Field(
        None, description="Whether it is on its way out. Default: unknown, which counts as false."
    )


class ZoneHint(Model):
    """A zone that should use the endpoint."""

    name: str = Field(description="Name of the zone.")


class NodeHint(Model):
    """A node that should use the endpoint."""

    name: str = Field(description="Name of the node.")


class EndpointHints(Model):
    """Who should use the endpoint."""

    for_zones: Items[ZoneHint] = Field((), max_length=8, description="Zones. Default: all.")
    for_nodes: Items[NodeHint] = Field((), max_length=8, description="Nodes. Default: all.")


class SliceEndpoint(Model):
    """One endpoint: its addresses are equivalent, the first is used."""

    addresses: Items[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, max_length=100, description="Addresses, 1..100."
    )
    conditions: EndpointConditions = Field(EndpointConditions(), description="State. Default: ready.")
    hostname: str | None = Field(None, description="Host name. Default: none.")
    node_name: str | None = Field(None, description="Node that it runs on. Default: none.")
    zone: str | None = Field(None, description="Zone that it runs in. Default: none.")
    hints: EndpointHints | None = Field(None, description="Who should use it. Default: all.")
    target_ref: dict[str, JsonValue] | None = Field(None, description="Pod behind it; not used.")
    deprecated_topology: dict[str, str] = Field(default_factory=dict, description="Labels of v1beta1; not used.")


class EndpointPort(Model):
    """One port of all endpoints of the slice."""

    name: str = Field("", max_length=63, description="Name, that of the Service's port. Default: empty.")
    protocol: Literal["TCP", "UDP", "SCTP"] = Field("TCP", description="Transport. Default: TCP.")
    port: int | None = Field(None, ge=0, le=65535, description="Port, 0..65535. Default: any.")
    app_protocol: str | None = Field(None, description="What is spoken. Default: HTTP/1.1.")


class EndpointSlice(Resource):
    """Addresses behind the Service that the label `kubernetes.io/service-name` names."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("discovery.k8s.io/v1",)
    KIND: ClassVar[str] = "EndpointSlice"

    address_type: Literal["IPv4", "IPv6", "FQDN"] = Field(description="Kind of the addresses.")
    endpoints: Items[SliceEndpoint] = Field((), max_length=1000, description="Endpoints, at most 1000. Default: none.")
    ports: Items[EndpointPort] = Field((), max_length=100, description="Ports of each endpoint. Default: none.")
