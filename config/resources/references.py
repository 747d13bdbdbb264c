"""References from one resource to another, as Gateway API writes them; each shape is here once."""

from __future__ import annotations

from pydantic import Field, model_validator

from config.resources.model import Model, violation
from config.resources.scalars import Group, Kind, NamespaceName, ObjectName, PortNumber, SectionName

GATEWAY_GROUP = "gateway.networking.k8s.io"
WEIR_GROUP = "weir.dev"


class LocalObjectReference(Model):
    """A resource in the same namespace."""

    group: Group = Field(description="API group of the referent; empty for core Kubernetes.")
    kind: Kind = Field(description="Kind of the referent.")
    name: ObjectName = Field(description="Name of the referent.")


class ObjectReference(LocalObjectReference):
    """A resource, in another namespace only where a ReferenceGrant permits it."""

    namespace: NamespaceName | None = Field(
        None, description="Namespace of the referent. Default: that of the referrer."
    )


class ParametersReference(ObjectReference):
    """The resource that holds the parameters of a GatewayClass."""


class SecretObjectReference(Model):
    """A Secret, in another namespace only where a ReferenceGrant permits it."""

    group: Group = Field("", description="API group of the referent. Default: empty, core Kubernetes.")
    kind: Kind = Field("Secret", description="Kind of the referent. Default: `Secret`.")
    name: ObjectName = Field(description="Name of the referent.")
    namespace: NamespaceName | None = Field(
        None, description="Namespace of the referent. Default: that of the referrer."
    )


class ParentGatewayReference(Model):
    """The Gateway that a ListenerSet adds its listeners to."""

    group: Group = Field(GATEWAY_GROUP, description="API group of the parent. Default: `gateway.networking.k8s.io`.")
    kind: Kind = Field("Gateway", description="Kind of the parent. Default: `Gateway`.")
    name: ObjectName = Field(description="Name of the parent.")
    namespace: NamespaceName | None = Field(None, description="Namespace of the parent. Default: that of the referrer.")


class ParentReference(ParentGatewayReference):
    """What a route attaches to: a Gateway or a ListenerSet, or one listener of it."""

    section_name: SectionName | None = Field(
        None, description="Name of one listener. Default: all that allow the route."
    )
    port: PortNumber | None = Field(None, description="Only listeners on this port, 1..65535. Default: any.")


class BackendObjectReference(Model):
    """Where traffic goes: a Service, or a Backend of `weir.dev`."""

    group: Group = Field("", description="API group: empty for a Service, `weir.dev` for a Backend. Default: empty.")
    kind: Kind = Field("Service", description="Kind of the backend. Default: `Service`.")
    name: ObjectName = Field(description="Name of the backend.")
    namespace: NamespaceName | None = Field(None, description="Namespace of the backend. Default: that of the route.")
    port: PortNumber | None = Field(
        None, description="Port of the Service, 1..65535; required for a Service. Default: none."
    )

    @model_validator(mode="after")
    def _service_has_port(self) -> BackendObjectReference:
        if self.port is None and not self.group and self.kind == "Service":
            raise violation("Must have port for Service reference")
        return self


class BackendRef(BackendObjectReference):
    """A backend with its share of the traffic."""

    weight: int = Field(
        1,
        ge=0,
        le=1_000_000,
        description="Share of the traffic relative to the sum of the weights, 0..1000000. Default: 1.",
    )


class PolicyTargetReference(LocalObjectReference):
    """What a policy attaches to, in its own namespace; a target of kind Namespace makes it the namespace's default."""

    section_name: SectionName | None = Field(
        None, description="Name of a listener, rule or port of the target. Default: the whole target."
    )
