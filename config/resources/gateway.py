"""Kind `Gateway`: addresses and listeners; the parts of a listener are shared with ListenerSet."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.resources.model import Model, violation
from config.resources.references import (
    GATEWAY_GROUP,
    LocalObjectReference,
    ObjectReference,
    SecretObjectReference,
)
from config.resources.resource import Resource
from config.resources.scalars import Group, Hostname, Items, Kind, ObjectName, PortNumber, SectionName
from config.resources.selectors import ListenerNamespaces, RouteNamespaces

_HOSTNAME = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
)
OptionValue = Annotated[str, Field(max_length=4096)]
LabelValue = Annotated[str, Field(max_length=63, pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
AddressType = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=(
            r"^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
            r"\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$"
        ),
    ),
]
ProtocolType = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$",
    ),
]


class RouteGroupKind(Model):
    """A kind of route."""

    group: Group = Field(GATEWAY_GROUP, description="API group. Default: `gateway.networking.k8s.io`.")
    kind: Kind = Field(description="Kind of the route.")


class AllowedRoutes(Model):
    """Which routes may attach to a listener."""

    namespaces: RouteNamespaces = Field(
        RouteNamespaces(), description="Namespaces of the routes. Default: the Gateway's own."
    )
    kinds: Items[RouteGroupKind] = Field(
        (), max_length=8, description="Kinds of the routes. Default: those that the protocol carries."
    )


class ListenerTLS(Model):
    """TLS on a listener."""

    mode: Literal["Terminate", "Passthrough"] = Field(
        "Terminate", description="Whether TLS ends here. Default: Terminate."
    )
    certificate_refs: Items[SecretObjectReference] = Field(
        (), max_length=64, description="Secrets with certificate and key. Default: none."
    )
    options: dict[str, OptionValue] = Field(
        default_factory=dict, max_length=16, description="Options of Weir's own. Default: none."
    )

    @model_validator(mode="after")
    def _certificates(self) -> Self:
        if self.mode == "Terminate" and not self.certificate_refs and not self.options:
            raise violation("certificateRefs or options must be specified when mode is Terminate")
        return self


class Listener(Model):
    """One port, protocol and hostname that is listened for."""

    name: SectionName = Field(description="Name of the listener, unique in the Gateway.")
    hostname: Hostname | None = Field(None, description="Host that it takes, also `*.example.com`. Default: any.")
    port: PortNumber = Field(description="Port, 1..65535; listeners of different hostnames may share one.")
    protocol: ProtocolType = Field(description="`HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`.")
    tls: ListenerTLS | None = Field(None, description="TLS, for `HTTPS` and `TLS`. Default: none.")
    allowed_routes: AllowedRoutes = Field(
        AllowedRoutes(), description="Routes that may attach. Default: those of its namespace."
    )


def _check_listeners(listeners: tuple[Listener, ...]) -> tuple[Listener, ...]:
    names: set[str] = set()
    places: set[tuple[int, str, str | None]] = set()
    for listener in listeners:
        protocol = listener.protocol
        if protocol in ("HTTP", "TCP", "UDP") and listener.tls is not None:
            raise violation("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']")
        if protocol == "HTTPS" and listener.tls is not None and listener.tls.mode != "Terminate":
            raise violation("tls mode must be Terminate for protocol HTTPS")
        if protocol == "TLS" and listener.tls is None:
            raise violation("tls mode must be set for protocol TLS")
        if protocol in ("TCP", "UDP") and listener.hostname is not None:
            raise violation("hostname must not be specified for protocols ['TCP', 'UDP']")
        if listener.name in names:
            raise violation("Listener name must be unique within the Gateway")
        place = (listener.port, protocol, listener.hostname)
        if place in places:
            raise violation("Combination of port, protocol and hostname must be unique for each listener")
        names.add(listener.name)
        places.add(place)
    return listeners


Listeners = Annotated[Items[Listener], Field(min_length=1, max_length=64), AfterValidator(_check_listeners)]
"""The listeners of a Gateway or ListenerSet, with the rules between them."""


class GatewayAddress(Model):
    """An address to listen on."""

    type: AddressType = Field("IPAddress", description="`IPAddress`, `Hostname` or `NamedAddress`. Default: IPAddress.")
    value: str | None = Field(None, max_length=253, description="The address. Default: one of Weir's choice.")

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        if self.value is None:
            return self
        if self.type == "IPAddress":
            try:
                ipaddress.ip_address(self.value)
            except ValueError:
                raise violation("an IPv4 or IPv6 address is expected for type IPAddress") from None
            if "%" in self.value:
                raise violation("an IPv4 or IPv6 address is expected for type IPAddress")
        elif self.type == "Hostname" and not _HOSTNAME.fullmatch(self.value):
            raise violation(
                "Hostname value must be empty or contain only valid characters (matching "
                r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)"
            )
        return self


def _check_addresses(addresses: tuple[GatewayAddress, ...]) -> tuple[GatewayAddress, ...]:
    for kind in ("IPAddress", "Hostname"):
        values = [address.value for address in addresses if address.type == kind and address.value is not None]
        if len(set(values)) < len(values):
            raise violation(f"{kind} values must be unique")
    return addresses


def _check_keys(what: str) -> AfterValidator:
    def check(entries: dict[str, str]) -> dict[str, str]:
        for key in entries:
            if not _LABEL_KEY.fullmatch(key):
                raise violation(
                    f"{what} keys must be in the form of an optional DNS subdomain prefix followed by a required name "
                    "segment of up to 63 characters."
                )
            if len(key.split("/")[0]) >= 253:
                raise violation(
                    f"If specified, the {what.lower()} key's prefix must be a DNS subdomain not longer than 253 "
                    "characters in total."
                )
        return entries

    return AfterValidator(check)


class GatewayInfrastructure(Model):
    """What a controller puts on what it makes for the Gateway; Weir makes nothing, so it has no effect."""

    labels: Annotated[dict[str, LabelValue], _check_keys("Label")] = Field(
        default_factory=dict, max_length=8, description="Labels. Default: none."
    )
    annotations: Annotated[dict[str, OptionValue], _check_keys("Annotation")] = Field(
        default_factory=dict, max_length=16, description="Annotations. Default: none."
    )
    parameters_ref: LocalObjectReference | None = Field(None, description="Parameters. Default: none.")


class AllowedListeners(Model):
    """Which ListenerSets may attach."""

    namespaces: ListenerNamespaces = Field(ListenerNamespaces(), description="Their namespaces. Default: none.")


class FrontendTLSValidation(Model):
    """How certificates of clients are checked."""

    ca_certificate_refs: Items[ObjectReference] = Field(
        min_length=1, max_length=16, description="ConfigMaps of authorities."
    )
    mode: Literal["AllowValidOnly", "AllowInsecureFallback"] = Field(
        "AllowValidOnly", description="Whether a client without a valid certificate is let in. Default: AllowValidOnly."
    )


class FrontendTLSConfig(Model):
    """TLS towards clients."""

    validation: FrontendTLSValidation | None = Field(
        None, description="Check of client certificates. Default: none is asked for."
    )


class PortTLS(Model):
    """TLS towards clients on one port."""

    port: PortNumber = Field(description="Port, 1..65535.")
    tls: FrontendTLSConfig = Field(description="TLS on the port.")


def _check_ports(ports: tuple[PortTLS, ...]) -> tuple[PortTLS, ...]:
    if len({port.port for port in ports}) < len(ports):
        raise violation("Port for TLS configuration must be unique within the Gateway")
    return ports


class FrontendTLS(Model):
    """TLS towards clients, by port."""

    default: FrontendTLSConfig = Field(description="For ports that `perPort` does not name.")
    per_port: Annotated[Items[PortTLS], AfterValidator(_check_ports)] = Field(
        (), max_length=64, description="By port. Default: none."
    )


class BackendTLS(Model):
    """TLS towards backends."""

    client_certificate_ref: SecretObjectReference | None = Field(
        None, description="Secret of the client certificate. Default: none."
    )


class GatewayTLS(Model):
    """TLS of the whole Gateway."""

    frontend: FrontendTLS | None = Field(None, description="Towards clients. Default: none.")
    backend: BackendTLS | None = Field(None, description="Towards backends. Default: none.")


class GatewaySpec(Model):
    """Addresses and listeners."""

    gateway_class_name: ObjectName = Field(description="Name of the GatewayClass; `weir` is always there.")
    listeners: Listeners = Field(description="Listeners, 1..64.")
    addresses: Annotated[Items[GatewayAddress], AfterValidator(_check_addresses)] = Field(
        (), max_length=16, description="Addresses to listen on. Default: all interfaces."
    )
    infrastructure: GatewayInfrastructure | None = Field(None, description="Has no effect. Default: none.")
    allowed_listeners: AllowedListeners | None = Field(None, description="ListenerSets that may attach. Default: none.")
    tls: GatewayTLS | None = Field(None, description="TLS of the whole Gateway. Default: none.")


class Gateway(Resource):
    """Addresses and listeners that routes attach to."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1")
    KIND: ClassVar[str] = "Gateway"

    spec: GatewaySpec = Field(description="Addresses and listeners.")
