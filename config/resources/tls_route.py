"""Kind `TLSRoute`: where TLS connections go, by the name that the client asks for."""

from __future__ import annotations

import ipaddress
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from config.resources.model import Model, violation
from config.resources.parents import ParentRefs
from config.resources.resource import Resource
from config.resources.scalars import Hostname, Items
from config.resources.stream_rules import StreamRule


def _no_address(hostnames: tuple[str, ...]) -> tuple[str, ...]:
    """The CRD's two further rules (RFC 1123, wildcard first) already hold by the pattern of `Hostname`."""
    for hostname in hostnames:
        try:
            ipaddress.ip_address(hostname)
        except ValueError:
            continue
        raise violation("Hostnames cannot contain an IP")
    return hostnames


class TLSRouteSpec(Model):
    """Parents, names and the rule."""

    parent_refs: ParentRefs = Field((), description="Gateways or ListenerSets, or listeners of them. Default: none.")
    hostnames: Annotated[Items[Hostname], AfterValidator(_no_address)] = Field(
        min_length=1, max_length=1024, description="Names (SNI), also `*.example.com`, 1..1024."
    )
    rules: Items[StreamRule] = Field(min_length=1, max_length=1, description="The rule.")


class TLSRoute(Resource):
    """Where TLS connections go, by the name that the client asks for."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = (
        "gateway.networking.k8s.io/v1",
        "gateway.networking.k8s.io/v1alpha2",
        "gateway.networking.k8s.io/v1alpha3",
    )
    KIND: ClassVar[str] = "TLSRoute"

    spec: TLSRouteSpec = Field(description="Parents, names and the rule.")
