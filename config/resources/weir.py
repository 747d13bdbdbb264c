"""Kind `Weir`: the process itself, its limits, its timeouts, and whom it talks to."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from config.resources.model import Model, violation
from config.resources.resource import Resource
from config.resources.scalars import (
    CIDR,
    Duration,
    FilePath,
    Items,
    PositiveDuration,
    Quantity,
    Ratio,
    SecondToTenMinutes,
)


class ClientTLS(Model):
    """TLS towards a server that Weir itself asks."""

    ca_file: FilePath | None = Field(
        None, description="PEM file of the authorities to trust. Default: those of the system."
    )
    cert_file: FilePath | None = Field(None, description="PEM file of the client certificate. Default: none is shown.")
    key_file: FilePath | None = Field(None, description="PEM file of its key. Default: in `certFile`.")
    server_name: str | None = Field(
        None, min_length=1, description="Name to expect and to send as SNI. Default: the host asked."
    )
    verify: bool = Field(default=True, description="Whether the certificate is checked. Default: true.")


class AdminToken(Model):
    """A bearer token of the admin API."""

    name: str = Field(min_length=1, max_length=253, description="Who it is, for the log.")
    file: FilePath = Field(description="File that holds the token; read again when it changes.")
    role: Literal["Read", "Write"] = Field("Read", description="What it permits: `Read` or `Write`. Default: `Read`.")


class Admin(Model):
    """The admin API."""

    address: str = Field("127.0.0.1", min_length=1, description="Address to listen on. Default: 127.0.0.1.")
    port: int = Field(9901, ge=0, le=65535, description="Port, 0..65535; 0 takes a free one. Default: 9901.")
    tokens: Items[AdminToken] = Field((), description="Who may ask. Default: none, anyone who reaches the address.")


class ConsulAgent(Model):
    """How Consul is reached, for backends and for resources kept in its KV store."""

    addresses: Items[Annotated[str, Field(min_length=1)]] = Field(
        ("127.0.0.1:8500",),
        min_length=1,
        max_length=16,
        description="Agents, tried in turn: `host:port` or `http://host:port` or "
        "`https://host:port`. Default: 127.0.0.1:8500.",
    )
    token: str | None = Field(None, min_length=1, description="ACL token. Default: none. `tokenFile` goes before it.")
    token_file: FilePath | None = Field(
        None, description="File that holds the ACL token; read again when it changes. Default: none."
    )
    tls: ClientTLS | None = Field(None, description="TLS to the agents. Default: none, unless an address says https.")
    wait: SecondToTenMinutes = Field(
        Duration("5m"), description="Longest time that a blocking query waits for a change, 1s..10m. Default: 5m."
    )
    timeout: PositiveDuration = Field(
        Duration("10s"), description="Time for an answer beyond what a blocking query waits, over 0s. Default: 10s."
    )
    max_stale: Duration = Field(
        Duration("10s"),
        description="How far behind the leader an answer of a follower may be before the leader is "
        "asked. Default: 10s.",
    )
    kv_prefix: str | None = Field(
        None, min_length=1, description="Prefix in Consul's KV store under which resources are read. Default: none are."
    )


class RedisServer(Model):
    """The store that limits, breakers and caches of several gateways share."""

    address: str = Field(
        "127.0.0.1:6379", min_length=1, description="`host:port` or a `redis://` URL. Default: 127.0.0.1:6379."
    )
    username: str | None = Field(None, description="User name. Default: none.")
    password_file: FilePath | None = Field(None, description="File that holds the password. Default: none.")
    database: int = Field(0, ge=0, le=65535, description="Number of the database. Default: 0.")
    tls: ClientTLS | None = Field(None, description="TLS to the server. Default: none.")
    timeout: PositiveDuration = Field(Duration("50ms"), description="Time for an answer, over 0s. Default: 50ms.")
    connections: int = Field(8, ge=1, le=1024, description="Connections per worker, 1..1024. Default: 8.")
    key_prefix: str = Field("weir:", max_length=128, description="Prefix of every key. Default: `weir:`.")


class AccessLog(Model):
    """One JSON line per exchange."""

    path: str = Field("-", min_length=1, description="File, `-` for standard output, or `off`. Default: `-`.")
    fields: Items[Annotated[str, Field(min_length=1)]] = Field(
        (), description="Fields to write, in order. Default: all."
    )
    sample: Ratio = Field(
        1.0, description="Share of exchanges that are written, 0..1; failed ones (5xx) always are. Default: 1."
    )
    queue_entries: int = Field(
        8192,
        ge=1,
        le=1_000_000,
        description="Lines that wait for the disk per worker, 1..1000000; more are dropped and counted. Default: 8192.",
    )


class Metrics(Model):
    """What `/metrics` shows."""

    max_series: int = Field(
        10_000,
        ge=100,
        le=1_000_000,
        description="Pairs of route and backend with series of their own, 100..1000000; the rest "
        "share one. Default: 10000.",
    )
    buckets: Items[Annotated[float, Field(gt=0.0)]] = Field(
        (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
        min_length=1,
        max_length=32,
        description="Upper bounds of the latency histogram in seconds, ascending, 1..32 of them. "
        "Default: 1 ms to 10 s.",
    )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for lower, upper in pairwise(self.buckets):
            if lower >= upper:
                raise violation(f"buckets must ascend, and {upper:g} comes after {lower:g}")
        return self


class Tracing(Model):
    """Spans to an OpenTelemetry collector."""

    endpoint: str = Field(
        "http://127.0.0.1:4317", min_length=1, description="OTLP endpoint. Default: http://127.0.0.1:4317."
    )
    sample: Ratio = Field(0.01, description="Share of traces begun here that are kept, 0..1. Default: 0.01.")
    service_name: str = Field("weir", min_length=1, description="`service.name` of the spans. Default: weir.")


class Telemetry(Model):
    """What the process tells of itself."""

    access_log: AccessLog = Field(AccessLog(), description="The access log. Default: JSON lines on standard output.")
    metrics: Metrics = Field(Metrics(), description="Metrics.")
    tracing: Tracing | None = Field(None, description="Tracing. Default: none; `traceparent` is passed on in any case.")


class Limits(Model):
    """Bounds of the process: each answers in a defined way when it is passed, and is counted."""

    connections: int = Field(
        100_000,
        ge=1,
        le=10_000_000,
        description="Downstream connections of the process; past it accepting pauses. Default: 100000.",
    )
    connections_per_listener: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        description="Downstream connections per listening port; past it accepting pauses. Default: no own bound.",
    )
    connections_per_source: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        description="Downstream connections per client address; more are answered 429 and closed. Default: no bound.",
    )
    header_bytes: Quantity = Field(
        Quantity("64Ki"),
        description="Bytes of one message head; more is 431 to a client, 502 from a backend. Default: 64Ki.",
    )
    header_count: int = Field(
        100, ge=1, le=10_000, description="Header lines of one head, 1..10000; more is 431. Default: 100."
    )
    uri_bytes: Quantity = Field(Quantity("8Ki"), description="Bytes of the request target; more is 414. Default: 8Ki.")
    body_bytes: Quantity | None = Field(None, description="Bytes of a request body; more is 413. Default: no bound.")
    pipelined_requests: int = Field(
        32,
        ge=1,
        le=1024,
        description="Requests that wait on one connection, 1..1024; past it reading pauses. Default: 32.",
    )
    rate_limit_keys: int = Field(
        262_144,
        ge=128,
        le=1 << 28,
        description="Keys whose rates the node keeps, 128..268435456, of 17 bytes each; past it they share counters. "
        "Read at the start. Default: 262144.",
    )
    buffer_bytes_per_connection: Quantity = Field(
        Quantity("64Ki"),
        description="Bytes that wait per connection and direction; past it the sender pauses. Default: 64Ki.",
    )
    buffer_bytes: Quantity = Field(
        Quantity("512Mi"),
        description="Bytes that wait in the whole process; past it new requests get 503. Default: 512Mi.",
    )


class Timeouts(Model):
    """Time bounds of the process; a route's own `timeouts` go before them. `0s` switches one off."""

    head: Duration = Field(Duration("10s"), description="Until a request head is complete, then 408. Default: 10s.")
    body_idle: Duration = Field(
        Duration("60s"), description="Without a byte of a request body, then 408. Default: 60s."
    )
    keep_alive: Duration = Field(
        Duration("75s"), description="Between two requests of a connection, then it is closed. Default: 75s."
    )
    request: Duration = Field(
        Duration("0s"), description="Whole exchange as the client sees it, then 504. Default: 0s, off."
    )
    backend_request: Duration = Field(
        Duration("0s"),
        description="One try at one endpoint up to the end of its answer, then 504. Default: 0s, "
        "off, as answers may stream for long.",
    )
    connect: Duration = Field(
        Duration("5s"), description="Until a connection to an endpoint stands, then the next one or 504. Default: 5s."
    )
    stream_idle: Duration = Field(
        Duration("5m"),
        description="Without a byte either way once a request is sent, or after an upgrade. Default: 5m.",
    )
    write_stall: Duration = Field(
        Duration("60s"), description="A peer that takes no byte of what is written, then it is closed. Default: 60s."
    )


class Forwarding(Model):
    """What Weir adds to messages that it passes on, and whom it believes."""

    trusted_proxies: Items[CIDR] = Field(
        (), description="Networks whose forwarding headers are believed and extended. Default: none, they are replaced."
    )
    x_forwarded: bool = Field(
        default=True, description="Whether `X-Forwarded-For`, `-Proto` and `-Host` are sent. Default: true."
    )
    forwarded: bool = Field(default=False, description="Whether `Forwarded` (RFC 7239) is sent. Default: false.")
    via: str = Field("weir", min_length=1, max_length=253, description="Pseudonym in `Via`, or `off`. Default: weir.")
    request_id: Literal["Keep", "Make"] = Field(
        "Keep",
        description="`Keep` takes `x-request-id` of a trusted downstream and makes one otherwise; "
        "`Make` always makes one. Default: Keep.",
    )
    server_header: str = Field(
        "weir", min_length=1, max_length=253, description="`Server` of answers made by Weir itself. Default: weir."
    )


class EmptyProtection(Model):
    """When an answer of discovery that loses many endpoints at once is asked again before it is believed."""

    drop_share: Ratio = Field(
        0.5,
        description="Share of endpoints lost at once from which it holds, 0..1; an empty answer "
        "always counts. Default: 0.5.",
    )
    confirm_after: Duration = Field(
        Duration("5s"), description="Time after which the same answer is believed; 0s believes at once. Default: 5s."
    )


class Discovery(Model):
    """How endpoints are found, for all backends."""

    empty_protection: EmptyProtection = Field(
        EmptyProtection(), description="Guard against answers that empty a backend by error."
    )
    dns_resolvers: Items[Annotated[str, Field(min_length=1)]] = Field(
        (),
        max_length=16,
        description="Resolvers for DNS backends, `address` or `address:port`. Default: those of the system.",
    )
    dns_timeout: Duration = Field(
        Duration("5s"), description="Time for one DNS question over all resolvers. Default: 5s."
    )


class HealthChecks(Model):
    """Bounds of the active health checks, which one process of the node makes for all backends."""

    probes: int = Field(
        512,
        ge=1,
        le=65535,
        description="Endpoints asked by HTTP or TCP at once, 1..65535; the others wait. Default: 512.",
    )
    programs: int = Field(16, ge=1, le=1024, description="Programs that run at once, 1..1024. Default: 16.")


class WeirSpec(Model):
    """All of it has defaults: a process without a Weir resource runs."""

    workers: int | None = Field(None, ge=1, le=1024, description="Worker processes, 1..1024. Default: one per core.")
    shutdown_timeout: Duration = Field(
        Duration("30s"), description="Time that SIGTERM leaves for exchanges in flight. Default: 30s."
    )
    drain_timeout: Duration = Field(
        Duration("30s"),
        description="Time that a removed listener leaves for what runs on it. Default: 30s.",
    )
    state_dir: FilePath | None = Field(
        None,
        description="Folder for the last good configuration and the last views of backends. Default: none are kept.",
    )
    pid_file: FilePath | None = Field(
        None, description="File that holds the process id of the supervisor. Default: none."
    )
    file_descriptors: int | None = Field(
        None,
        ge=64,
        le=1 << 30,
        description="Soft limit of file descriptors to set per process. Default: the hard limit.",
    )
    admin: Admin = Field(Admin(), description="The admin API.")
    consul: ConsulAgent | None = Field(
        None, description="Consul. Default: the agent at 127.0.0.1:8500, asked once a Backend needs it."
    )
    redis: RedisServer | None = Field(None, description="Redis for state that gateways share. Default: none.")
    telemetry: Telemetry = Field(Telemetry(), description="Access log, metrics, tracing.")
    limits: Limits = Field(Limits(), description="Bounds of the process.")
    timeouts: Timeouts = Field(Timeouts(), description="Time bounds of the process.")
    forwarding: Forwarding = Field(Forwarding(), description="Headers about the way a message came.")
    discovery: Discovery = Field(Discovery(), description="How endpoints are found.")
    health_checks: HealthChecks = Field(HealthChecks(), description="Bounds of the active health checks.")
    allow_exec_health_checks: bool = Field(
        default=False, description="Whether a BackendPolicy may run a program as health check. Default: false."
    )


class Weir(Resource):
    """The process: workers, admin API, Consul, Redis, telemetry, limits and timeouts. At most one per process."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "Weir"
    NAMESPACED: ClassVar[bool] = False

    spec: WeirSpec = Field(WeirSpec(), description="What the process is.")
