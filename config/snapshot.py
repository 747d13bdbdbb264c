"""The compiled, frozen result of one candidate set: all that a worker needs to serve, and nothing of YAML.

A Snapshot is built whole by `config.load`, pickled once by the supervisor and sent to each worker. References are
resolved, durations are seconds, sizes are bytes, and names are lower-case where HTTP compares them without case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from config.resources.backend import BackendSpec
from config.resources.backend_policy import BackendPolicySpec
from config.resources.endpoint_slice import EndpointSlice
from config.resources.rate_limit import ConnectionLimit
from config.resources.traffic_policy import TrafficPolicySpec
from config.resources.weir import WeirSpec
from config.status import ResourceStatus

PathKind = Literal["Exact", "PathPrefix", "RegularExpression"]
ValueKind = Literal["Exact", "RegularExpression"]
PathChange = Literal["ReplaceFullPath", "ReplacePrefixMatch"]


@dataclass(frozen=True, slots=True)
class PathMatch:
    """A path test. A `PathPrefix` matches by whole segments: `/foo` takes `/foo` and `/foo/bar`, never `/foobar`."""

    kind: PathKind
    value: str
    weight: int | None = None
    """By which a `RegularExpression` goes before others, where that is not the length of `value`."""


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A header (name lower-case) or query parameter (name as written) test."""

    name: str
    kind: ValueKind
    value: str


@dataclass(frozen=True, slots=True)
class Match:
    """One entry of `rules[].matches`: all of its parts must hold. `method` is None where any will do."""

    path: PathMatch
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    method: str | None = None


@dataclass(frozen=True, slots=True)
class HeaderEdit:
    """What a RequestHeaderModifier or ResponseHeaderModifier does; names in `remove` are lower-case."""

    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """Filter `RequestHeaderModifier`."""

    edit: HeaderEdit


@dataclass(frozen=True, slots=True)
class ResponseHeaders:
    """Filter `ResponseHeaderModifier`."""

    edit: HeaderEdit


@dataclass(frozen=True, slots=True)
class PathReplacement:
    """`path` of a redirect or rewrite."""

    kind: PathChange
    value: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Filter `RequestRedirect`; None keeps what the request had, by the rules of the CRD."""

    scheme: str | None
    hostname: str | None
    path: PathReplacement | None
    port: int | None
    status: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Filter `URLRewrite`."""

    hostname: str | None
    path: PathReplacement | None


@dataclass(frozen=True, slots=True)
class Mirror:
    """Filter `RequestMirror`: `numerator` of `denominator` requests are copied; `backend` None is an unresolved ref."""

    backend: str | None
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class CORS:
    """Filter `CORS`; empty tuples allow, or expose, nothing beyond what browsers always do."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    credentials: bool = False
    max_age_s: int = 5


@dataclass(frozen=True, slots=True)
class ExternalAuth:
    """Filter `ExternalAuth` over HTTP; `backend` None is a ref that does not resolve, for the reason in `problem`.

    `path` goes before that of a request, "" or segments that each begin with a slash. `headers` and `response_headers`
    are lower-case names of fields; no `response_headers` are all. Of bodies up to `body_bytes` are sent, 0 is none.
    """

    backend: str | None
    path: str = ""
    headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    body_bytes: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A filter that is not carried out: its traffic gets 500, as Gateway API demands; `why` says more."""

    type: str
    why: str = "is not carried out by this version"


Filter = RequestHeaders | ResponseHeaders | Redirect | Rewrite | Mirror | CORS | ExternalAuth | Unsupported


@dataclass(frozen=True, slots=True)
class WeightedBackend:
    """One backendRef. `backend` is a key of `Snapshot.backends`; None with the `problem` that makes its share 500."""

    backend: str | None
    weight: int
    filters: tuple[Filter, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RouteTimeouts:
    """Seconds; None where the process default holds, 0.0 where the route switched the timeout off."""

    request_s: float | None = None
    backend_request_s: float | None = None


@dataclass(frozen=True, slots=True)
class RuleName:
    """Which rule of which route; `str()` is the label in metrics and logs: `shop/orders/read`, `shop/orders/0`."""

    kind: str
    namespace: str
    name: str
    index: int
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}/{self.rule or self.index}"


@dataclass(frozen=True, slots=True)
class RouteRetry:
    """When requests of a rule go out again: after answers with one of `codes`, and after failures.

    At most `attempts` times, the first after `backoff_s` at least.
    """

    codes: tuple[int, ...]
    attempts: int
    backoff_s: float


@dataclass(frozen=True, slots=True)
class RouteSession:
    """How clients keep the session of a rule: in the cookie `name`, or in the header of that name.

    A session ends `absolute_timeout_s` after it began, 0.0 is never. A `permanent` cookie outlives the browser.
    """

    name: str
    header: bool
    path: str
    permanent: bool
    absolute_timeout_s: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a route, as compiled for every listener that it is bound to."""

    name: RuleName
    matches: tuple[Match, ...]
    filters: tuple[Filter, ...]
    backends: tuple[WeightedBackend, ...]
    timeouts: RouteTimeouts = RouteTimeouts()
    retry: RouteRetry | None = None
    session: RouteSession | None = None


@dataclass(frozen=True, slots=True)
class PolicySecret:
    """What a policy asked for of the Secret `name` (`namespace/name`)."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class TrafficLayer:
    """A TrafficPolicy where it holds: `policy` is its `namespace/name`. The same policy is the same object.

    `secrets` are by the field that refers to them, `access.basic.secretRef`; one that does not resolve is not there;
    `steering` has where the backendRefs of its steering lead, by the names of the rules, and
    `authorizer` where that of `access.external` does.
    """

    policy: str
    spec: TrafficPolicySpec
    secrets: dict[str, PolicySecret] = field(default_factory=dict)
    steering: Mapping[str, WeightedBackend] = field(default_factory=dict)
    authorizer: WeightedBackend | None = None


Layers = tuple[TrafficLayer, ...]
"""The policies of one rule on one listener. Of a field that several of them set, the first that holds counts."""


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule on a listener, with the intersection of the hostnames of both (`*` alone: any host).

    `tenant` is the Tenant that the namespace of its route belongs to, "" where there is none. `share_layers` are the
    policies of each of the rule's backendRefs, asked once it was chosen; () where none has any.
    """

    hostnames: tuple[str, ...]
    rule: Rule
    layers: Layers = ()
    tenant: str = ""
    share_layers: tuple[Layers, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionBound:
    """The `connections` of the TrafficPolicy `policy` (`namespace/name`)."""

    policy: str
    spec: ConnectionLimit


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener of a Gateway, or of a ListenerSet attached to one; `hostname` `*` takes any.

    `name` is `namespace/gateway/section`, that of a set `ListenerSet namespace/set/section`: a Gateway of its namespace
    may have the same name. See `owner_of`.

    `rules` are in the order of Gateway API's tie-break between equal matches: those of the older route first, then by
    `namespace/name`, then by their position in the route. `connections` bounds those of its port: which of several
    listeners one is for is known too late.
    """

    name: str
    hostname: str
    rules: tuple[BoundRule, ...]
    connections: ConnectionBound | None = None


def owner_of(listener: str) -> tuple[str, str, str]:
    """Kind, namespace and name of the resource in which the listener of that name stands."""
    kind, _, path = listener.rpartition(" ")
    namespace, name, _ = path.split("/")
    return kind or "Gateway", namespace, name


@dataclass(frozen=True, slots=True)
class Port:
    """One socket address and the listeners that share it, told apart by hostname.

    `address` is an IP literal, or "" for all interfaces of both families. `protocol` is HTTP here; HTTPS, TLS, TCP and
    UDP are bound by later versions and reported in the listener's status until then.
    """

    address: str
    port: int
    protocol: str
    listeners: tuple[Listener, ...]

    @property
    def connections(self) -> tuple[ConnectionBound, ...]:
        """Bounds on its connections, each policy's once."""
        bounds = (listener.connections for listener in self.listeners if listener.connections is not None)
        return tuple({bound.policy: bound for bound in bounds}.values())

    @property
    def key(self) -> str:
        """The identity of its socket over reloads: `address:port/transport`."""
        return f"{self.address}:{self.port}/{'udp' if self.protocol == 'UDP' else 'tcp'}"


@dataclass(frozen=True, slots=True, weakref_slot=True)
class BackendPlan:
    """One named set of endpoints: where they come from (`spec`) and how they are used (`policy`, defaults filled in).

    `name` is `namespace/name` of a Backend, or `namespace/name:port` of a Service (endpoints from its EndpointSlices).
    `slices` are those of the Service that `spec.endpoint_slice` names, in its namespace; empty for other sources.
    """

    name: str
    spec: BackendSpec
    policy: BackendPolicySpec
    slices: tuple[EndpointSlice, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole. `digest` is a hash of the resources: equal digests need no swap. `generation` grows with each swap."""

    generation: int
    digest: str
    process: WeirSpec
    ports: tuple[Port, ...]
    backends: Mapping[str, BackendPlan]
    statuses: tuple[ResourceStatus, ...]

    @property
    def layers(self) -> set[TrafficLayer]:
        """The policies that any served rule, or backendRef of one, is under."""
        listeners = [listener for port in self.ports for listener in port.listeners]
        return {
            layer
            for listener in listeners
            for bound in listener.rules
            for layers in (bound.layers, *bound.share_layers)
            for layer in layers
        }


def match_precedence(match: Match) -> tuple[int, int, int, int, int]:
    """Sort key of Gateway API's HTTPRoute precedence: smaller goes first.

    Exact path, then regular expressions (longest first, so that the order is defined; their place is left to the
    implementation, and behind the prefixes a catch-all `/` would hide them all), then the longest prefix (a slash at
    its end does not count), then a method match, then most header matches, then most query matches. Ties go on to
    the order of `Listener.rules`, then to the position in `matches`.
    """
    kind = ("Exact", "RegularExpression", "PathPrefix").index(match.path.kind)
    value = match.path.value.rstrip("/") if match.path.kind == "PathPrefix" else match.path.value
    weight = len(value) if match.path.weight is None else match.path.weight
    return kind, -weight, 0 if match.method else 1, -len(match.headers), -len(match.query)
