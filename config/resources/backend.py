"""Kind `Backend`: where the endpoints of one service come from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from config.resources.model import Model, exactly_one, violation
from config.resources.resource import Resource
from config.resources.scalars import Duration, IPAddress, Items, ObjectName, PortNumber
from config.resources.weir import EmptyProtection

Protocol = Literal["http1", "h2", "h2c", "grpc", "tcp", "udp", "auto"]


class ConsulSource(Model):
    """Instances of a service that is registered in Consul."""

    service: str = Field(min_length=1, max_length=253, description="Name of the service in Consul.")
    datacenter: str | None = Field(None, min_length=1, description="Datacenter to ask. Default: the agent's own.")
    namespace: str | None = Field(
        None, min_length=1, description="Namespace of Consul Enterprise. Default: the token's own."
    )
    tags: Items[Annotated[str, Field(min_length=1)]] = Field(
        (), max_length=32, description="Tags that an instance must all have. Default: none."
    )
    filter: str | None = Field(None, min_length=1, description="Expression in Consul's filter language. Default: none.")
    only_passing: bool = Field(
        default=True,
        description="Whether only instances with all checks passing count; else those with a warning "
        "too. Default: true.",
    )
    near: str | None = Field(
        None, min_length=1, description="Node to sort by round trip from, `_agent` for the asked one. Default: none."
    )
    stale: bool = Field(
        default=True,
        description="Whether any server may answer, within the process's `consul.maxStale`. Default: true.",
    )
    tagged_address: str | None = Field(
        None,
        min_length=1,
        description="Which tagged address of an instance to use, such as `wan`. Default: the service address.",
    )


class StaticEndpoint(Model):
    """One endpoint written out."""

    address: IPAddress = Field(min_length=1, max_length=253, description="IP address.")
    port: PortNumber = Field(description="Port, 1..65535.")
    weight: int = Field(
        1, ge=0, le=65535, description="Share of traffic relative to the others, 0..65535; 0 takes none. Default: 1."
    )
    zone: str = Field("", max_length=253, description="Zone, for locality. Default: none.")
    tags: dict[str, str] = Field(default_factory=dict, description="Tags, for subsets and lanes. Default: none.")


class StaticSource(Model):
    """Endpoints written out."""

    endpoints: Items[StaticEndpoint] = Field(max_length=10_000, description="The endpoints, 0..10000 of them.")

    @model_validator(mode="after")
    def _unique(self) -> Self:
        seen: set[tuple[str, int]] = set()
        for endpoint in self.endpoints:
            place = (endpoint.address, endpoint.port)
            if place in seen:
                raise violation(f"{endpoint.address}:{endpoint.port} is listed twice")
            seen.add(place)
        return self


class DNSSource(Model):
    """Endpoints that a DNS name resolves to."""

    name: str = Field(min_length=1, max_length=253, description="Name to resolve.")
    type: Literal["A", "AAAA", "SRV"] = Field(
        "A", description="Records to ask for; SRV brings ports, weights and priorities. Default: A."
    )
    port: PortNumber | None = Field(
        None, description="Port of the endpoints, 1..65535; required for A and AAAA, refused for SRV. Default: none."
    )
    min_ttl: Duration = Field(
        Duration("1s"), description="Shortest time between two questions, whatever the TTL. Default: 1s."
    )
    max_ttl: Duration = Field(
        Duration("5m"), description="Longest time between two questions, whatever the TTL. Default: 5m."
    )

    @model_validator(mode="after")
    def _port_and_bounds(self) -> Self:
        if self.type == "SRV" and self.port is not None:
            raise violation("port must not be set for type SRV, whose records bring it")
        if self.type != "SRV" and self.port is None:
            raise violation(f"port must be set for type {self.type}")
        if self.min_ttl.seconds > self.max_ttl.seconds:
            raise violation("minTtl must not be longer than maxTtl")
        return self


class EndpointSliceSource(Model):
    """Endpoints of the EndpointSlices of a Service, among the resources that Weir is given."""

    service: ObjectName = Field(description="Name of the Service, in the Backend's namespace.")
    port: PortNumber | str | None = Field(
        None, description="Port of the slices by name or number. Default: the only one there is."
    )


class BackendSpec(Model):
    """One source of endpoints and the protocol that they speak."""

    protocol: Protocol = Field(
        "auto", description="What the endpoints speak. Default: auto, what the route and ALPN say, else HTTP/1.1."
    )
    consul: ConsulSource | None = Field(None, description="Endpoints from Consul. Default: none.")
    static: StaticSource | None = Field(None, description="Endpoints written out. Default: none.")
    dns: DNSSource | None = Field(None, description="Endpoints from DNS. Default: none.")
    endpoint_slice: EndpointSliceSource | None = Field(
        None, description="Endpoints from EndpointSlices. Default: none."
    )
    empty_protection: EmptyProtection | None = Field(
        None, description="Guard against answers that empty the backend by error. Default: the process's own."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        exactly_one(self, "consul", "static", "dns", "endpoint_slice")
        return self


class Backend(Resource):
    """Where the endpoints of one service come from: exactly one of `consul`, `static`, `dns`, `endpointSlice`."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "Backend"

    spec: BackendSpec = Field(description="Where endpoints come from and what they speak.")
