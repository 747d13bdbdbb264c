"""Kind `DNSZone`: names that the DNS responder answers for, and what it forwards."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from config.resources.model import Model, violation
from config.resources.resource import Resource
from config.resources.scalars import (
    CIDR,
    Duration,
    FilePath,
    Items,
    NamespaceName,
    PortNumber,
    PositiveDuration,
    Quantity,
)

DomainName = Annotated[str, Field(min_length=1, max_length=255)]


class DNSListener(Model):
    """Where questions are taken."""

    protocol: Literal["UDP", "TCP", "DoT", "DoH"] = Field("UDP", description="Transport. Default: UDP.")
    address: str = Field("", description="Address. Default: empty, all interfaces.")
    port: PortNumber = Field(53, description="Port, 1..65535. Default: 53.")


class StaticRecord(Model):
    """Records written out."""

    name: DomainName = Field(description="Name, relative to the zone unless it ends in a dot; `@` is the zone.")
    type: str = Field(
        min_length=1,
        max_length=16,
        pattern="^[A-Z][A-Z0-9-]*$",
        description="Type, such as A, CNAME, TYPE65280 (RFC 3597).",
    )
    ttl: Duration | None = Field(None, description="Time to live. Default: the zone's.")
    values: Items[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, max_length=256, description="Values in zone file form, 1..256."
    )


class BackendNames(Model):
    """Names made of Backends."""

    template: str = Field(
        "{name}.{namespace}",
        min_length=1,
        description="Name of a Backend, relative to the zone. Default: `{name}.{namespace}`.",
    )
    namespaces: Items[NamespaceName] = Field(
        (), description="Namespaces whose Backends are answered for. Default: all."
    )
    max_answers: int = Field(8, ge=1, le=256, description="Addresses per answer, 1..256. Default: 8.")
    order: Literal["Weighted", "Rotate", "Nearest"] = Field(
        "Weighted", description="Order of the addresses. Default: Weighted."
    )
    consul_forms: bool = Field(
        default=False, description="Whether names of Consul's DNS are answered too. Default: false."
    )


class GatewayNames(Model):
    """Names made of hostnames of Gateways and routes."""

    addresses: Items[str] = Field(
        (), max_length=16, description="Addresses that they resolve to. Default: the Gateway's own."
    )


class Upstream(Model):
    """A server that questions go on to."""

    address: str = Field(min_length=1, description="`address` or `address:port`.")
    protocol: Literal["UDP", "TCP", "DoT"] = Field(
        "UDP", description="Transport. Default: UDP, with TCP for cut answers."
    )
    server_name: str | None = Field(None, min_length=1, description="Name to expect, for DoT. Default: the address.")


class Forwarder(Model):
    """Questions that go on."""

    suffix: DomainName = Field(".", description="Names that end in this. Default: all.")
    upstreams: Items[Upstream] = Field(min_length=1, max_length=16, description="Servers, fastest first, 1..16.")
    timeout: PositiveDuration = Field(Duration("2s"), description="Time for an answer, over 0s. Default: 2s.")


class DNSCache(Model):
    """Forwarded answers that are kept."""

    max_bytes: Quantity = Field(Quantity("64Mi"), description="Memory. Default: 64Mi.")
    min_ttl: Duration = Field(Duration("0s"), description="Shortest life. Default: 0s.")
    max_ttl: Duration = Field(Duration("24h"), description="Longest life. Default: 24h.")
    negative_ttl: Duration = Field(Duration("5m"), description="Longest life of a denial. Default: 5m.")
    serve_stale: Duration = Field(
        Duration("24h"),
        description="Time after its end that an answer is given when servers fail (RFC 8767). Default: 24h.",
    )
    prefetch: bool = Field(
        default=True, description="Whether popular answers are fetched before their end. Default: true."
    )


class DNSView(Model):
    """Answers that depend on who asks."""

    name: str = Field(min_length=1, max_length=63, description="Name.")
    sources: Items[CIDR] = Field(min_length=1, max_length=10_000, description="Networks that get it.")
    zone: str | None = Field(None, min_length=1, description="Zone of the asker, for locality. Default: none.")
    tags: dict[str, str] = Field(
        default_factory=dict, description="Tags of the endpoints that are answered. Default: none."
    )
    records: Items[StaticRecord] = Field(
        (), max_length=100_000, description="Records that go before the zone's. Default: none."
    )


class DNSSEC(Model):
    """Signing as answers are made."""

    key_file: FilePath = Field(description="PEM file of an ECDSA P-256 key.")
    validity: Duration = Field(Duration("72h"), description="Life of a signature. Default: 72h.")


class Transfer(Model):
    """Who may copy the zone."""

    allow: Items[CIDR] = Field((), description="Networks. Default: none.")
    notify: Items[str] = Field((), max_length=64, description="Servers told of changes, `address:port`. Default: none.")


class ResponseRateLimit(Model):
    """Bound on equal answers per network, against reflection."""

    per_second: int = Field(100, ge=1, le=1_000_000, description="Answers per second, 1..1000000. Default: 100.")
    slip: int = Field(
        2, ge=0, le=10, description="Every so many-th refused answer is sent cut, 0..10; 0 none. Default: 2."
    )
    ipv4_prefix: int = Field(24, ge=0, le=32, description="Length of a network, 0..32. Default: 24.")
    ipv6_prefix: int = Field(56, ge=0, le=128, description="Length of a network, 0..128. Default: 56.")


class SOA(Model):
    """The start of authority."""

    primary: DomainName = Field("ns", description="Primary server, relative to the zone. Default: ns.")
    mailbox: DomainName = Field("hostmaster", description="Mailbox, relative to the zone. Default: hostmaster.")
    refresh: Duration = Field(Duration("1h"), description="Refresh. Default: 1h.")
    retry: Duration = Field(Duration("10m"), description="Retry. Default: 10m.")
    expire: Duration = Field(Duration("24h"), description="Expire. Default: 24h.")
    negative_ttl: Duration = Field(Duration("5s"), description="Life of a denial. Default: 5s.")


class DNSZoneSpec(Model):
    """The zone, what it holds, and who may ask."""

    zone: DomainName = Field(description="Name of the zone, such as `weir.`; `.` for one that only forwards.")
    listeners: Items[DNSListener] = Field(
        (DNSListener(), DNSListener(protocol="TCP")),
        max_length=16,
        description="Where questions are taken. Default: UDP and TCP, port 53.",
    )
    ttl: Duration = Field(Duration("5s"), description="Time to live of answers, up to 24h. Default: 5s.")
    soa: SOA = Field(SOA(), description="Start of authority.")
    name_servers: Items[DomainName] = Field((), max_length=16, description="NS records. Default: the primary.")
    backends: BackendNames | None = Field(None, description="Names made of Backends. Default: none.")
    gateways: GatewayNames | None = Field(None, description="Names made of Gateways. Default: none.")
    records: Items[StaticRecord] = Field((), max_length=100_000, description="Records written out. Default: none.")
    files: Items[FilePath] = Field(
        (), max_length=64, description="Zone files (RFC 1035); read again when they change. Default: none."
    )
    hosts_file: FilePath | None = Field(None, description="File such as /etc/hosts. Default: none.")
    forwarders: Items[Forwarder] = Field(
        (), max_length=64, description="Questions that go on; the longest suffix counts. Default: none."
    )
    cache: DNSCache = Field(DNSCache(), description="Forwarded answers that are kept.")
    views: Items[DNSView] = Field((), max_length=64, description="Answers that depend on who asks. Default: none.")
    allow: Items[CIDR] = Field((), max_length=10_000, description="Networks that may ask for the zone. Default: all.")
    allow_recursion: Items[CIDR] = Field(
        (), max_length=10_000, description="Networks whose questions go on. Default: none."
    )
    trust_client_subnet_from: Items[CIDR] = Field(
        (), description="Networks whose EDNS Client Subnet is believed. Default: none."
    )
    transfer: Transfer = Field(Transfer(), description="Who may copy the zone. Default: nobody.")
    rate_limit: ResponseRateLimit | None = Field(None, description="Bound on equal answers. Default: none.")
    dnssec: DNSSEC | None = Field(None, description="Signing. Default: none.")
    query_log_sample: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        0.0, description="Share of questions that are logged, 0..1. Default: 0."
    )

    @model_validator(mode="after")
    def _recursion_is_bounded(self) -> Self:
        if self.forwarders and not self.allow_recursion:
            raise violation("allowRecursion must say who may use forwarders; an open resolver is an amplifier")
        return self


class DNSZone(Resource):
    """Names that the DNS responder answers for, static records, forwarders, TTLs, who may ask."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "DNSZone"

    spec: DNSZoneSpec = Field(description="The zone.")
