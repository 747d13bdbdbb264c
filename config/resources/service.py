"""Kind `Service` of core Kubernetes: names and ports; its endpoints come from EndpointSlices."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from config.resources.model import Model
from config.resources.resource import Resource
from config.resources.scalars import Items, PortNumber


class ServicePort(Model):
    """One port."""

    name: str | None = Field(None, max_length=63, description="Name; required where there are several. Default: none.")
    protocol: Literal["TCP", "UDP", "SCTP"] = Field("TCP", description="Transport. Default: TCP.")
    port: PortNumber = Field(description="Port that backendRefs name, 1..65535.")
    target_port: PortNumber | str | None = Field(
        None, description="Port of the pods, by number or name; the EndpointSlice has the result. Default: none."
    )
    app_protocol: str | None = Field(
        None, description="What is spoken, such as `kubernetes.io/h2c`. Default: HTTP/1.1."
    )
    node_port: int | None = Field(None, ge=0, le=65535, description="Used by Kubernetes; not used.")


class ClientIPConfig(Model):
    """Affinity by client address."""

    timeout_seconds: int | None = Field(
        None, ge=1, le=86400, description="Seconds that it holds, 1..86400. Default: 10800."
    )


class SessionAffinityConfig(Model):
    """Settings of `sessionAffinity`."""

    client_ip: ClientIPConfig | None = Field(None, alias="clientIP", description="For `ClientIP`. Default: none.")


class ServiceSpec(Model):
    """Ports, and much that only a cluster needs."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] = Field(
        "ClusterIP", description="Type. Default: ClusterIP."
    )
    ports: Items[ServicePort] = Field((), description="Ports. Default: none.")
    selector: dict[str, str] = Field(
        default_factory=dict, description="Used by Kubernetes to make EndpointSlices; not used."
    )
    external_name: str | None = Field(None, description="DNS name, for `ExternalName`. Default: none.")
    session_affinity: Literal["None", "ClientIP"] = Field(
        "None", description="`ClientIP` keeps a client at one endpoint. Default: None."
    )
    session_affinity_config: SessionAffinityConfig | None = Field(
        None, description="Settings of `sessionAffinity`. Default: none."
    )
    publish_not_ready_addresses: bool | None = Field(
        None, description="Used by Kubernetes to make EndpointSlices; not used."
    )
    traffic_distribution: str | None = Field(None, description="`PreferClose` and the like. Default: none.")
    internal_traffic_policy: Literal["Cluster", "Local"] | None = Field(
        None, description="Used by a cluster's proxy; not used."
    )
    external_traffic_policy: Literal["Cluster", "Local"] | None = Field(
        None, description="Used by a cluster's proxy; not used."
    )
    cluster_ip: str | None = Field(None, alias="clusterIP", description="Written by Kubernetes; not used.")
    cluster_ips: Items[str] = Field((), alias="clusterIPs", description="Written by Kubernetes; not used.")
    external_ips: Items[str] = Field((), alias="externalIPs", description="Used by a cluster's proxy; not used.")
    load_balancer_ip: str | None = Field(
        None, alias="loadBalancerIP", description="Used by a cloud's controller; not used."
    )
    load_balancer_class: str | None = Field(None, description="Used by a cloud's controller; not used.")
    load_balancer_source_ranges: Items[str] = Field((), description="Used by a cloud's controller; not used.")
    allocate_load_balancer_node_ports: bool | None = Field(None, description="Used by Kubernetes; not used.")
    health_check_node_port: int | None = Field(None, description="Used by a cluster's proxy; not used.")
    ip_families: Items[Literal["IPv4", "IPv6"]] = Field((), description="Used by Kubernetes; not used.")
    ip_family_policy: str | None = Field(None, description="Used by Kubernetes; not used.")


class Service(Resource):
    """A name and ports that backendRefs refer to; the endpoints come from EndpointSlices of its name."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    KIND: ClassVar[str] = "Service"

    spec: ServiceSpec = Field(ServiceSpec(), description="Ports.")
