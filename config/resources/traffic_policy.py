"""Kind `TrafficPolicy`: what happens to matching traffic."""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.resources.access import Access
from config.resources.backend_policy import DirectResponse, HashKey
from config.resources.metadata import is_time, unix_s
from config.resources.model import Model, unique_by, violation
from config.resources.parents import TargetRefs
from config.resources.rate_limit import ConnectionLimit, RateLimit
from config.resources.references import BackendObjectReference
from config.resources.resource import Resource
from config.resources.scalars import CIDR, Duration, EndpointPlace, HeaderName, Items, Quantity
from config.resources.shaping import (
    Bandwidth,
    Buffering,
    Cache,
    Compression,
    Decompression,
    ErrorPage,
    Fault,
    HeadLimits,
    Maintenance,
    Overload,
    SecurityHeaders,
)
from config.resources.tags import Tag

RetryCondition = Literal[
    "connect-failure",
    "reset",
    "gateway-error",
    "5xx",
    "refused-stream",
    "retriable-4xx",
    "timeout",
    "grpc-unavailable",
    "grpc-resource-exhausted",
    "grpc-cancelled",
    "grpc-deadline-exceeded",
    "grpc-internal",
]


class Backoff(Model):
    """Growing waits with full jitter."""

    base: Duration = Field(Duration("25ms"), description="First wait at most. Default: 25ms.")
    max: Duration = Field(Duration("250ms"), description="Longest wait. Default: 250ms.")


class RetryBudget(Model):
    """Bound on retries relative to requests."""

    percent: float = Field(
        20.0, ge=0.0, le=100.0, description="Percent of requests that may be retries, 0..100. Default: 20."
    )
    min_per_second: float = Field(3.0, ge=0.0, description="Retries per second that are always allowed. Default: 3.")


class Retry(Model):
    """When a request is sent again, to another endpoint where there is one."""

    attempts: int = Field(1, ge=0, le=10, description="Further tries, 0..10. Default: 1.")
    on: Items[RetryCondition] = Field(
        ("connect-failure", "refused-stream"),
        description="What is tried again. Default: connect-failure, refused-stream.",
    )
    codes: Items[Annotated[int, Field(ge=400, le=599)]] = Field(
        (), description="Statuses that are tried again, 400..599. Default: none."
    )
    per_try_timeout: Duration | None = Field(None, description="Time for one try. Default: `backendRequest`.")
    backoff: Backoff = Field(Backoff(), description="Waits between tries.")
    budget: RetryBudget = Field(RetryBudget(), description="Bound on retries per backend.")
    buffer_bytes: Quantity = Field(
        Quantity("64Ki"), description="Largest request body that is kept to be sent again. Default: 64Ki."
    )
    non_idempotent: bool = Field(
        default=False, description="Whether methods such as POST are tried again once sent. Default: false."
    )


class Hedging(Model):
    """A second request when the first is late; the first answer counts."""

    after: Duration | None = Field(
        None, description="Time until the second. Default: the 95th percentile of the backend."
    )
    max: int = Field(1, ge=1, le=4, description="Further requests, 1..4. Default: 1.")
    budget: RetryBudget = Field(RetryBudget(), description="Bound on them per backend.")


class PolicyTimeouts(Model):
    """Time bounds; `0s` switches one off."""

    request: Duration | None = Field(None, description="Whole exchange. Default: the route's, else the process's.")
    backend_request: Duration | None = Field(None, description="One try. Default: the route's, else the process's.")
    stream_idle: Duration | None = Field(None, description="Without a byte either way. Default: the process's.")
    max_stream: Duration | None = Field(
        None, description="Whole life of a WebSocket, SSE stream or TCP connection. Default: no bound."
    )
    pass_deadline: bool = Field(
        default=False,
        description="Whether `x-request-deadline`, in milliseconds left, and for gRPC `grpc-timeout` tell the backend. "
        "Default: false.",
    )


class Steering(Model):
    """Requests sent to a chosen endpoint or backend, for a time."""

    name: str = Field(min_length=1, max_length=63, description="Name, for logs and metrics.")
    when: str = Field(min_length=1, max_length=4096, description="CEL expression of the requests.")
    backend_ref: BackendObjectReference | None = Field(
        None, description="Backend instead of the route's. Default: the route's."
    )
    endpoint: EndpointPlace | None = Field(None, description="Endpoint of the backend as `address:port`. Default: any.")
    tags: dict[str, str] = Field(
        default_factory=dict, max_length=8, description="Tags that the endpoint must have. Default: none."
    )
    until: Annotated[str, AfterValidator(is_time)] | None = Field(
        None, description="RFC 3339 time of its end. Default: none."
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.endpoint is not None and self.tags:
            raise violation("at most one of endpoint, tags must be set: an endpoint is known by its place")
        if self.endpoint is None and not self.tags and self.backend_ref is None:
            raise violation("one of backendRef, endpoint, tags must be set, or nothing is steered")
        return self

    @property
    def ends_s(self) -> float:
        """Unix time from which on it is as if it were not there; infinite without `until`."""
        return inf if self.until is None else unix_s(self.until)


class Baggage(Model):
    """How tags travel upstream."""

    send: bool = Field(default=True, description="Whether tags are sent in `baggage`. Default: true.")
    prefix: str = Field(
        "weir.",
        max_length=32,
        pattern=r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]*$",
        description="Prefix of their names there. Default: `weir.`.",
    )


class Lane(Model):
    """The tag that endpoint selection follows."""

    tag: str = Field("lane", min_length=1, max_length=63, description="Name of the tag. Default: lane.")
    fallback: Literal["Baseline", "Any", "None"] = Field(
        "Baseline", description="Where a service has no endpoint of the lane. Default: Baseline."
    )


class TrafficPolicySpec(Model):
    """All of it has defaults; what is not set costs nothing."""

    target_refs: TargetRefs = Field(
        (),
        description="Gateways, listeners, routes, rules, or the Namespace whose default this is. "
        "Default: none, it is not used.",
    )
    when: str | None = Field(
        None, min_length=1, max_length=4096, description="CEL expression of requests that it holds for. Default: all."
    )
    overrides: bool = Field(default=False, description="Whether more specific policies cannot lift it. Default: false.")
    trust_tags_from: Items[CIDR] = Field(
        (), description="Networks whose tags are believed. Default: none, theirs are stripped."
    )
    tags: Items[Tag] = Field(
        (), max_length=64, description="Marks, in order; the first of a name that applies counts. Default: none."
    )
    lane: Lane | None = Field(None, description="Tag that endpoint selection follows. Default: none.")
    split_on: Items[HashKey] = Field(
        (),
        max_length=8,
        description="Keys, of which the first that the request has counts, by which the weights of backendRefs draw "
        "the same each time. Default: none, the weights are met in turn.",
    )
    baggage: Baggage = Field(Baggage(), description="How tags travel upstream.")
    steering: Annotated[Items[Steering], unique_by("name")] = Field(
        (), max_length=64, description="Requests sent to chosen endpoints. Default: none."
    )
    endpoint_header_from: Items[CIDR] = Field(
        (), description="Networks that may choose an endpoint by `x-weir-endpoint`. Default: none."
    )
    access: Access | None = Field(None, description="Who may come in. Default: all.")
    rate_limits: Annotated[Items[RateLimit], unique_by("name")] = Field(
        (), max_length=64, description="Limits. Default: none."
    )
    connections: ConnectionLimit | None = Field(None, description="Limits on connections. Default: none.")
    retry: Retry | None = Field(
        None, description="When a request is sent again. Default: never, beyond RFC 9110 9.2.2."
    )
    hedging: Hedging | None = Field(None, description="A second request when the first is late. Default: none.")
    timeouts: PolicyTimeouts | None = Field(None, description="Time bounds. Default: the route's.")
    fault: Fault | None = Field(None, description="Faults made on purpose. Default: none.")
    compression: Compression | None = Field(None, description="Answers made smaller. Default: none.")
    decompression: Decompression | None = Field(None, description="Request bodies unpacked. Default: none.")
    buffering: Buffering | None = Field(None, description="Request bodies taken whole. Default: none.")
    head_limits: HeadLimits | None = Field(None, description="Bounds on heads of requests. Default: the process's.")
    body_bytes: Quantity | None = Field(None, description="Largest request body; more is 413. Default: the process's.")
    bandwidth: Bandwidth | None = Field(None, description="Bytes per second. Default: no bound.")
    cache: Cache | None = Field(None, description="Answers kept. Default: none.")
    overload: Overload | None = Field(None, description="What happens when there is too much. Default: priority 5.")
    error_pages: Items[ErrorPage] = Field((), max_length=32, description="Bodies for errors. Default: problem+json.")
    security_headers: SecurityHeaders | None = Field(None, description="Response headers for browsers. Default: none.")
    direct_response: DirectResponse | None = Field(
        None, description="An answer instead of the backend's. Default: none."
    )
    maintenance: Maintenance | None = Field(None, description="Maintenance mode. Default: off.")
    metric_tags: Items[Annotated[str, Field(min_length=1)]] = Field(
        (), max_length=4, description="Tags shown in metrics. Default: none."
    )
    log_headers: Items[HeaderName] = Field(
        (), max_length=32, description="Request headers shown in the access log. Default: none."
    )


class TrafficPolicy(Resource):
    """What happens to matching traffic: tags, access, limits, retries, faults, shaping, caching."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "TrafficPolicy"

    spec: TrafficPolicySpec = Field(description="What happens.")
