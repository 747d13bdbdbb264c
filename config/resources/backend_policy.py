"""Kind `BackendPolicy`: how a backend is used, from balancing to TLS."""

from __future__ import annotations

from math import isqrt
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.resources.model import Model, exactly_one, violation
from config.resources.references import (
    BackendObjectReference,
    LocalObjectReference,
    PolicyTargetReference,
    SecretObjectReference,
)
from config.resources.resource import Resource
from config.resources.scalars import (
    Duration,
    FilePath,
    HeaderName,
    Items,
    Method,
    Percent,
    PortNumber,
    PositiveDuration,
    PreciseHostname,
    Quantity,
    Ratio,
)


class HashCookie(Model):
    """A cookie to hash; one is made for a client that has none."""

    name: HeaderName = Field(description="Name of the cookie.")
    ttl: Duration = Field(
        Duration("0s"), description="How long a made cookie lives; 0s is a session cookie. Default: 0s."
    )
    path: str = Field("/", max_length=1024, pattern=r"^/[!-:<-~]*$", description="Path of a made cookie. Default: /.")


class HashKey(Model):
    """One part of a request to hash; exactly one field is set."""

    header: HeaderName | None = Field(None, description="Value of this request header. Default: none.")
    cookie: HashCookie | None = Field(None, description="Value of this cookie, made when absent. Default: none.")
    query: str | None = Field(None, min_length=1, description="Value of this query parameter. Default: none.")
    tag: str | None = Field(None, min_length=1, description="Value of this tag. Default: none.")
    source_ip: bool = Field(default=False, alias="sourceIP", description="The client's address. Default: false.")
    path: bool = Field(default=False, description="The path. Default: false.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "header", "cookie", "query", "tag", "source_ip", "path")
        return self


class RingHash(Model):
    """Bounds of the ring."""

    min_size: int = Field(1024, ge=1, le=8_388_608, description="Fewest points on the ring, 1..8388608. Default: 1024.")
    max_size: int = Field(
        8_388_608, ge=1, le=8_388_608, description="Most points on the ring, 1..8388608. Default: 8388608."
    )
    function: Literal["XXHash64", "XXH3", "Murmur2"] = Field(
        "XXHash64", description="Hash function; Murmur2 is MurmurHash64A as in Envoy. Default: XXHash64."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_size > self.max_size:
            raise violation("minSize must not be greater than maxSize")
        return self


class Maglev(Model):
    """Size of the table."""

    table_size: int = Field(
        65537, ge=3, le=5_000_011, description="Entries of the table, a prime, 3..5000011. Default: 65537."
    )

    @field_validator("table_size")
    @classmethod
    def _prime(cls, size: int) -> int:
        """An endpoint's walk through the table reaches every entry only where their number is a prime."""
        if not _is_prime(size):
            above = next(number for number in range(size + 1, 2 * size) if _is_prime(number))
            raise violation(f"{size} is no prime; {above} is the next one")
        return size


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % factor for factor in range(2, isqrt(number) + 1))


class LoadBalancer(Model):
    """How one of the endpoints is picked."""

    type: Literal["RoundRobin", "LeastRequest", "PeakEwma", "Random", "RingHash", "Maglev"] = Field(
        "RoundRobin", description="The algorithm. Default: RoundRobin, smooth and weighted."
    )
    choices: int = Field(
        2, ge=2, le=16, description="Endpoints compared per pick by LeastRequest and PeakEwma, 2..16. Default: 2."
    )
    decay: PositiveDuration = Field(
        Duration("10s"), description="Time constant of PeakEwma's average, over 0s. Default: 10s."
    )
    hash_on: Items[HashKey] = Field(
        (),
        max_length=8,
        description="For RingHash and Maglev: the first that the request has. Default: the client's address.",
    )
    hash_balance_factor: int | None = Field(
        None,
        ge=101,
        le=10_000,
        description="Bounded load: percent of the mean that an endpoint may have, 101..10000. Default: no bound.",
    )
    ring_hash: RingHash = Field(RingHash(), description="For RingHash.")
    maglev: Maglev = Field(Maglev(), description="For Maglev.")


class Subset(Model):
    """Endpoints whose tags agree with the tags of the request."""

    tags: Items[Annotated[str, Field(min_length=1)]] = Field(
        (), max_length=8, description="Tags that select, up to 8. Default: none, with `maxEndpoints` alone."
    )
    fallback: Literal["Baseline", "Any", "None"] = Field(
        "Baseline",
        description="Where no endpoint agrees: `Baseline` (those without the tags), `Any`, or `None` "
        "(503). Default: Baseline.",
    )
    max_endpoints: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Deterministic subset: most endpoints that one gateway uses, by environment variable WEIR_ORDINAL. "
        "Default: all.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.tags and self.max_endpoints is None:
            raise violation("set tags, maxEndpoints or both")
        return self


class Locality(Model):
    """Preference for endpoints of the own zone."""

    mode: Literal["Off", "PreferLocal", "Weighted"] = Field(
        "PreferLocal", description="How zones count. Default: PreferLocal."
    )
    spill_at: Percent = Field(
        70,
        description="Percent of healthy local endpoints under which traffic spills to other zones, "
        "0..100. Default: 70.",
    )
    zone: str | None = Field(None, min_length=1, description="The own zone. Default: environment variable WEIR_ZONE.")
    overprovisioning: int = Field(
        140, ge=100, le=1000, description="Percent by which healthy endpoints count. Default: 140."
    )


class SlowStart(Model):
    """A new endpoint's share grows over a window."""

    window: Duration = Field(description="Time to full share.")
    aggression: float = Field(
        1.0, gt=0.0, le=10.0, description="Exponent of the growth, over 0..10; 1 is linear. Default: 1.0."
    )
    min_weight_percent: Percent = Field(
        10, description="Share at the start in percent of the full one, 0..100. Default: 10."
    )


class StatusRange(Model):
    """Status codes from `start` to `end`, both in."""

    start: int = Field(ge=100, le=599, description="First status, 100..599.")
    end: int = Field(ge=100, le=599, description="Last status, 100..599.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start > self.end:
            raise violation("start must not be greater than end")
        return self


class HTTPProbe(Model):
    """A request whose status decides."""

    path: str = Field(
        "/",
        min_length=1,
        max_length=1024,
        pattern=r"^/[!\"$-~]*$",
        description="Path to ask, with a query if need be. Default: /.",
    )
    method: Method = Field("GET", description="Method. Default: GET.")
    host: str | None = Field(
        None,
        min_length=1,
        max_length=255,
        pattern=r"^[A-Za-z0-9._~:\[\]-]+$",
        description="`Host` to send. Default: the backend's name.",
    )
    headers: dict[HeaderName, str] = Field(
        default_factory=dict, max_length=32, description="Further headers, 32 at most. Default: none."
    )
    expected_statuses: Items[StatusRange] = Field(
        (StatusRange(start=200, end=299),),
        min_length=1,
        max_length=16,
        description="Statuses that are healthy. Default: 200..299.",
    )
    body_contains: str | None = Field(
        None,
        min_length=1,
        max_length=4096,
        description="Text that the first 64Ki of the body must hold. Default: none.",
    )


class TCPProbe(Model):
    """A connection; healthy when it stands and the expected bytes came."""

    send: str | None = Field(None, max_length=4096, description="Text to send. Default: nothing.")
    expect: str | None = Field(
        None, max_length=4096, description="Text that the answer must begin with. Default: nothing."
    )


class GRPCProbe(Model):
    """The gRPC health service, v1."""

    service: str = Field("", max_length=253, description="Service to ask about. Default: empty, the whole server.")


class ExecProbe(Model):
    """A program; exit code 0 is healthy. Refused unless the Weir resource has `allowExecHealthChecks`."""

    command: Items[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, max_length=64, description="Program and its arguments."
    )


class HealthCheck(Model):
    """Active health check; exactly one of `http`, `tcp`, `grpc`, `exec` is set."""

    http: HTTPProbe | None = Field(None, description="Probe by HTTP. Default: none.")
    tcp: TCPProbe | None = Field(None, description="Probe by TCP. Default: none.")
    grpc: GRPCProbe | None = Field(None, description="Probe by gRPC health v1. Default: none.")
    exec: ExecProbe | None = Field(None, description="Probe by a program. Default: none.")
    port: PortNumber | None = Field(None, description="Port to probe, 1..65535. Default: the endpoint's own.")
    interval: PositiveDuration = Field(
        Duration("5s"), description="Time between two probes of an endpoint, over 0s. Default: 5s."
    )
    fast_interval: PositiveDuration = Field(
        Duration("1s"), description="The same until the endpoint is judged for the first time, over 0s. Default: 1s."
    )
    jitter: Ratio = Field(0.1, description="Share by which the interval varies, 0..1. Default: 0.1.")
    timeout: PositiveDuration = Field(Duration("1s"), description="Time for a probe, over 0s. Default: 1s.")
    unhealthy_threshold: int = Field(
        3, ge=1, le=100, description="Failures in a row that make it unhealthy, 1..100. Default: 3."
    )
    healthy_threshold: int = Field(
        2, ge=1, le=100, description="Successes in a row that make it healthy, 1..100. Default: 2."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "http", "tcp", "grpc", "exec")
        return self


class OutlierDetection(Model):
    """Ejection of endpoints by what traffic sees of them."""

    consecutive_5xx: int | None = Field(
        5, alias="consecutive5xx", ge=0, le=10_000, description="Answers 5xx in a row that eject; 0 is off. Default: 5."
    )
    consecutive_gateway_errors: int = Field(
        5, ge=0, le=10_000, description="Failures 502, 503, 504 in a row that eject; 0 is off. Default: 5."
    )
    consecutive_local_failures: int = Field(
        5, ge=0, le=10_000, description="Connect failures and resets in a row that eject; 0 is off. Default: 5."
    )
    failure_percent: Percent | None = Field(
        None, description="Percent of failures in an interval that ejects, 0..100. Default: off."
    )
    success_rate_deviations: float | None = Field(
        None, gt=0.0, le=100.0, description="Standard deviations under the mean success rate that eject. Default: off."
    )
    minimum_requests: int = Field(
        100, ge=1, description="Requests in an interval for the two rates to count. Default: 100."
    )
    interval: PositiveDuration = Field(
        Duration("10s"),
        description="Time between two analyses, over 0s; in service for so long, an endpoint is forgiven an ejection. "
        "Default: 10s.",
    )
    base_ejection_time: Duration = Field(Duration("30s"), description="First ejection; grows with each. Default: 30s.")
    max_ejection_time: Duration = Field(Duration("5m"), description="Longest ejection. Default: 5m.")
    max_ejection_percent: Percent = Field(
        10,
        description="Percent of endpoints ejected at most, 0..100; one always may be, the last one never. Default: 10.",
    )
    return_by_health_check: bool = Field(
        default=True,
        description="Whether an ejected endpoint comes back early once `healthyThreshold` health checks in a row have "
        "passed since. Default: true.",
    )

    @property
    def watches_rates(self) -> bool:
        """Whether the rates of an interval count, beside failures in a row."""
        return self.failure_percent is not None or self.success_rate_deviations is not None


class FailureBreaker(Model):
    """Opens on failures, probes half open, closes on success."""

    threshold: int = Field(20, ge=1, description="Failures in the window from which the ratio counts. Default: 20.")
    window: Duration = Field(Duration("10s"), description="Rolling window. Default: 10s.")
    ratio: Ratio = Field(0.5, description="Share of failures that opens, 0..1. Default: 0.5.")
    slow_after: Duration | None = Field(
        None, description="An answer slower than this counts as a failure. Default: none does."
    )
    open_for: Duration = Field(Duration("5s"), description="Time that it stays open. Default: 5s.")
    half_open_requests: int = Field(
        3, ge=1, le=10_000, description="Requests let through half open, 1..10000. Default: 3."
    )
    per: Literal["Backend", "Endpoint"] = Field("Backend", description="What it opens for. Default: Backend.")
    scope: Literal["Node", "Global"] = Field(
        "Node", description="Who shares it: the node, or all gateways by Redis. Default: Node."
    )


class DirectResponse(Model):
    """An answer that Weir makes itself."""

    status: int = Field(503, ge=200, le=599, description="Status, 200..599. Default: 503.")
    body: str = Field("", max_length=65536, description="Body. Default: empty.")
    content_type: str = Field(
        "text/plain; charset=utf-8", min_length=1, description="Its media type. Default: text/plain."
    )


class BreakerFallback(Model):
    """What is done instead while it is open; exactly one field is set."""

    backend_ref: BackendObjectReference | None = Field(None, description="Another backend. Default: none.")
    cached: bool = Field(default=False, description="A stored answer, also a stale one. Default: false.")
    response: DirectResponse | None = Field(None, description="An answer of Weir's own. Default: none.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "backend_ref", "cached", "response")
        return self


class CircuitBreaker(Model):
    """Bounds on what a backend is given at once, node-wide, and a breaker on its failures."""

    max_connections: int | None = Field(
        None, ge=1, description="Connections to all of its endpoints; more wait. Default: no bound."
    )
    max_pending_requests: int | None = Field(
        None, ge=0, description="Requests that wait for a connection; more get 503. Default: no bound."
    )
    max_requests: int | None = Field(None, ge=1, description="Requests at once; more get 503. Default: no bound.")
    max_retries: int | None = Field(None, ge=0, description="Retries at once; more are not made. Default: no bound.")
    failures: FailureBreaker | None = Field(None, description="Breaker on failures. Default: none.")
    fallback: BreakerFallback | None = Field(None, description="What is done instead. Default: 503 with `Retry-After`.")


class ConnectionPool(Model):
    """Connections kept per worker."""

    max_connections: int | None = Field(
        None, ge=1, description="Connections per worker and endpoint; more requests wait. Default: no bound."
    )
    max_idle: int = Field(
        64, ge=0, le=65535, description="Idle connections kept per worker and endpoint, 0..65535. Default: 64."
    )
    idle_timeout: Duration = Field(Duration("60s"), description="Time that an idle connection is kept. Default: 60s.")
    max_age: Duration = Field(
        Duration("1h"), description="Age after which a connection is not used again; 0s is off. Default: 1h."
    )
    connect_timeout: Duration | None = Field(
        None, description="Time for a connection to stand. Default: the process's, 5s."
    )
    max_requests_per_connection: int | None = Field(
        None, ge=1, description="Requests after which a connection is closed. Default: no bound."
    )
    max_streams: int = Field(100, ge=1, le=1_000_000, description="Streams per HTTP/2 connection. Default: 100.")


class Drain(Model):
    """What happens to an endpoint that leaves."""

    timeout: Duration = Field(
        Duration("30s"), description="Time for what runs on it, then that is ended; 0s sets no bound. Default: 30s."
    )


class AdaptiveConcurrency(Model):
    """A bound on concurrency that follows the latency measured."""

    algorithm: Literal["Gradient2", "Vegas"] = Field("Gradient2", description="The algorithm. Default: Gradient2.")
    min_limit: int = Field(10, ge=1, description="Lowest bound. Default: 10.")
    max_limit: int = Field(1000, ge=1, description="Highest bound. Default: 1000.")


class UpstreamTLS(Model):
    """TLS to the endpoints, beyond what BackendTLSPolicy says."""

    server_name: PreciseHostname | None = Field(
        None, description="SNI and name to expect. Default: BackendTLSPolicy's hostname."
    )
    ca_certificate_refs: Items[LocalObjectReference] = Field(
        (), max_length=8, description="ConfigMaps of authorities. Default: the system's."
    )
    ca_file: FilePath | None = Field(None, description="PEM file of authorities. Default: none.")
    client_certificate_ref: SecretObjectReference | None = Field(
        None, description="Secret of a client certificate. Default: none."
    )
    spiffe_ids: Items[Annotated[str, Field(pattern="^spiffe://")]] = Field(
        (), max_length=64, description="SPIFFE ids of which the endpoint must show one. Default: any."
    )
    min_version: Literal["1.2", "1.3"] = Field("1.2", description="Lowest version of TLS. Default: 1.2.")
    session_reuse: bool = Field(default=True, description="Whether sessions are resumed. Default: true.")


class ProxyProtocol(Model):
    """The PROXY header sent to endpoints of TCP."""

    version: Literal[1, 2] = Field(2, description="Version, 1 or 2. Default: 2.")


class BackendPolicySpec(Model):
    """All of it has defaults; a backend without a policy is used as one with an empty one."""

    target_refs: Items[PolicyTargetReference] = Field(
        (),
        max_length=16,
        description="Backends, Services, or the Namespace whose default this is. Default: none, it is not used.",
    )
    load_balancer: LoadBalancer = Field(LoadBalancer(), description="How an endpoint is picked.")
    subset: Subset | None = Field(None, description="Endpoints by tag of the request. Default: all of them.")
    locality: Locality | None = Field(None, description="Preference for the own zone. Default: none.")
    panic_threshold: Percent = Field(
        50, description="Percent of healthy endpoints under which health is ignored, 0..100; 0 never. Default: 50."
    )
    slow_start: SlowStart | None = Field(None, description="Growing share of new endpoints. Default: full at once.")
    health_check: HealthCheck | None = Field(None, description="Active health check. Default: none.")
    outlier_detection: OutlierDetection | None = Field(None, description="Ejection by failures seen. Default: none.")
    circuit_breaker: CircuitBreaker | None = Field(None, description="Bounds and breaker. Default: none.")
    adaptive_concurrency: AdaptiveConcurrency | None = Field(
        None, description="Bound that follows latency. Default: none."
    )
    connection_pool: ConnectionPool = Field(ConnectionPool(), description="Connections kept to endpoints.")
    drain: Drain = Field(Drain(), description="What happens to an endpoint that leaves.")
    tls: UpstreamTLS | None = Field(
        None, description="TLS to endpoints. Default: what BackendTLSPolicy says, else none."
    )
    proxy_protocol: ProxyProtocol | None = Field(None, description="PROXY header to endpoints of TCP. Default: none.")
    buffer_bytes: Quantity | None = Field(
        None, description="Bytes that wait per connection and direction. Default: the process's."
    )


class BackendPolicy(Resource):
    """How a backend is used: balancing, health, breaking, pool, TLS."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "BackendPolicy"

    spec: BackendPolicySpec = Field(description="How the backend is used.")
