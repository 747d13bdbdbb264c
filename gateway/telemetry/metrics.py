"""Every metric of Weir, declared once: name, kind, help, labels, and where it lies in a worker's shared memory.

Process-wide counters have a slot each, numbered from 0 in the order below; the blocks of (route, backend) pairs follow
behind them. A slot is what the data path adds to, so no label is looked up on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic.alias_generators import to_camel

from gateway.access.events import AccessEvent
from policies.rate_limit.connections import Refusal
from policies.rate_limit.counters import Event
from policies.registry import ANSWERING, POLICIES, REFUSING

Kind = Literal["counter", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One series of one metric: `labels` are fixed pairs, as in `reason="head"`."""

    name: str
    kind: Kind
    help: str
    labels: tuple[tuple[str, str], ...] = ()


PROCESS_METRICS: list[Metric] = []


def _slot(name: str, kind: Kind, text: str, **labels: str) -> int:
    PROCESS_METRICS.append(Metric(name, kind, text, tuple(labels.items())))
    return len(PROCESS_METRICS) - 1


CONNECTIONS_OPENED = _slot("weir_downstream_connections_total", "counter", "Connections accepted from clients.")
CONNECTIONS_ACTIVE = _slot("weir_downstream_connections_active", "gauge", "Connections of clients open now.")
_REFUSED = "Connections answered 429 and closed, by the limit that they passed."
CONNECTIONS_REFUSED_SOURCE = _slot("weir_downstream_connections_refused_total", "counter", _REFUSED, limit="source")
CONNECTIONS_REFUSED = {
    refusal: _slot(
        "weir_downstream_connections_refused_total", "counter", _REFUSED, limit=f"connections.{refusal.value}"
    )
    for refusal in Refusal
}
ACCEPT_PAUSES = _slot(
    "weir_accept_pauses_total",
    "counter",
    "Times that a listening socket was left alone for a connection limit.",
)

_TIMEOUTS = "Timeouts that passed, by the field of `timeouts` that set them."


def _timeout(field: str) -> int:
    return _slot("weir_timeouts_total", "counter", _TIMEOUTS, timeout=field)


TIMEOUT_HEAD = _timeout("head")
TIMEOUT_BODY_IDLE = _timeout("bodyIdle")
TIMEOUT_KEEP_ALIVE = _timeout("keepAlive")
TIMEOUT_REQUEST = _timeout("request")
TIMEOUT_BACKEND_REQUEST = _timeout("backendRequest")
TIMEOUT_CONNECT = _timeout("connect")
TIMEOUT_STREAM_IDLE = _timeout("streamIdle")
TIMEOUT_WRITE_STALL = _timeout("writeStall")

_LIMITS = "Times that a field of `limits`, or a bound of `circuitBreaker`, was met."


def _limit(field: str) -> int:
    return _slot("weir_limits_total", "counter", _LIMITS, limit=field)


LIMIT_HEADER = _limit("header")
LIMIT_URI = _limit("uriBytes")
LIMIT_BODY = _limit("bodyBytes")
LIMIT_PIPELINE = _limit("bufferBytesPerConnection")
LIMIT_BUFFER = _limit("bufferBytes")
LIMIT_PIPELINED = _limit("pipelinedRequests")
LIMIT_PENDING = _limit("maxPendingRequests")
LIMIT_REQUESTS = _limit("maxRequests")
LIMIT_RETRIES = _limit("maxRetries")
LIMIT_CONNECTIONS = _limit("maxConnections")

PROTOCOL_ERRORS = _slot("weir_protocol_errors_total", "counter", "Requests refused as malformed or ambiguous.")
CLIENT_GONE = _slot("weir_client_gone_total", "counter", "Clients that left before their answer was complete.")
UPSTREAM_CONNECTIONS_OPENED = _slot("weir_upstream_connections_total", "counter", "Connections opened to endpoints.")
UPSTREAM_CONNECTIONS_ACTIVE = _slot("weir_upstream_connections_active", "gauge", "Connections to endpoints open now.")
UPSTREAM_CONNECTIONS_REUSED = _slot(
    "weir_upstream_connections_reused_total", "counter", "Requests sent on a connection that was there already."
)
UPSTREAM_CONNECTIONS_FAILED = _slot(
    "weir_upstream_connect_failures_total", "counter", "Connections to endpoints that did not come about."
)
UPSTREAM_CONNECTIONS_EVICTED = _slot(
    "weir_upstream_connections_evicted_total", "counter", "Idle connections closed by the pool's time or by distrust."
)
UPSTREAM_RESET = _slot("weir_upstream_resets_total", "counter", "Exchanges that lost their endpoint on the way.")
_DRAIN_CUTS = "What still ran on endpoints that had left when drain.timeout passed, by how far it was."
DRAIN_CUT_WAITING = _slot("weir_upstream_drain_cuts_total", "counter", _DRAIN_CUTS, what="waiting")
DRAIN_CUT_UNANSWERED = _slot("weir_upstream_drain_cuts_total", "counter", _DRAIN_CUTS, what="unanswered")
DRAIN_CUT_ANSWER = _slot("weir_upstream_drain_cuts_total", "counter", _DRAIN_CUTS, what="answer")
DRAIN_CUT_TUNNEL = _slot("weir_upstream_drain_cuts_total", "counter", _DRAIN_CUTS, what="tunnel")
RETRIES = _slot("weir_retries_total", "counter", "Requests sent again: elsewhere after a failed connect, or anew.")
PANIC_REQUESTS = _slot(
    "weir_panic_requests_total", "counter", "Requests sent whatever the health, as under panicThreshold was healthy."
)
RETRIES_OVER_BUDGET = _slot(
    "weir_retries_over_budget_total",
    "counter",
    "Requests not sent again as the budget of their backend's retries was used.",
)
BREAKER_OPENINGS = _slot("weir_breaker_openings_total", "counter", "Times that a breaker on failures opened.")
BREAKERS_OPEN = _slot("weir_breakers_active", "gauge", "Breakers on failures that are open or half open now.")
BREAKER_REFUSALS = _slot("weir_breaker_refusals_total", "counter", "Requests kept from a backend by an open breaker.")
MIRRORED = _slot("weir_mirrored_requests_total", "counter", "Copies of requests sent to mirror backends.")
MIRRORS_DROPPED = _slot("weir_mirrors_dropped_total", "counter", "Copies of requests given up.")
_COMPARED = "Answers to copies against those that clients got: the same, or other in status, or in size alone."
MIRRORS_SAME, MIRRORS_OTHER_STATUS, MIRRORS_OTHER_SIZE = (
    _slot("weir_mirror_comparisons_total", "counter", _COMPARED, result=result) for result in ("same", "status", "size")
)
UPGRADES = _slot("weir_upgrades_total", "counter", "Connections that became tunnels.")
TUNNELS_ACTIVE = _slot("weir_tunnels_active", "gauge", "Tunnels open now.")
ACCESS_LOG_LINES = _slot("weir_access_log_lines_total", "counter", "Lines handed to the access log.")
_DROPPED = "Lines of the access log that are lost, by reason."
ACCESS_LOG_DROPPED = _slot("weir_access_log_dropped_total", "counter", _DROPPED, reason="queue")
ACCESS_LOG_UNWRITTEN = _slot("weir_access_log_dropped_total", "counter", _DROPPED, reason="write")
_DENIALS = "Requests that a policy refused."
POLICY_DENIALS = {policy: _slot("weir_policy_denials_total", "counter", _DENIALS, policy=policy) for policy in REFUSING}
_ANSWERS = "Requests that a policy answered in the backend's place."
POLICY_ANSWERS = {
    policy: _slot("weir_policy_answers_total", "counter", _ANSWERS, policy=policy) for policy in ANSWERING
}
POLICY_DELAYS = _slot("weir_policy_delays_total", "counter", "Requests that a policy held up on purpose.")
_TRIALS = "Requests that a policy on trial (`dryRun`, `enforce: false`) would have refused."
POLICY_TRIALS = {
    policy.name: _slot("weir_policy_dry_run_denials_total", "counter", _TRIALS, policy=policy.name)
    for policy in POLICIES
    if policy.field in ("access", "rate_limits")
}
STEERED = _slot(
    "weir_steered_requests_total", "counter", "Requests sent by hand to a backend or endpoint, by rule or by header."
)
BAGGAGE_LEFT_OUT = _slot(
    "weir_baggage_members_dropped_total", "counter", "Members of baggage that had no room in its limits beside tags."
)
_EVENTS = "What happened to keys and passwords of `access`."
ACCESS_EVENTS = {
    event: _slot("weir_access_events_total", "counter", _EVENTS, event=to_camel(event.name.lower()))
    for event in AccessEvent
}
_RATED = "Requests that a rate or concurrency limit decided on; `would` are refusals of limits that do not enforce."
RATE_LIMITED = {
    event: _slot("weir_rate_limit_decisions_total", "counter", _RATED, result=event.value) for event in Event
}
RATE_LIMIT_TABLE_FULL = _slot(
    "weir_rate_limit_table_full_total", "counter", "Decisions by a counter that keys share, as the table had no room."
)
RATE_LIMIT_KEYS_FORGOTTEN = _slot(
    "weir_rate_limit_keys_forgotten_total", "counter", "Keys whose time had passed and whose place another took."
)
RATE_LIMIT_STORE_QUESTIONS = _slot(
    "weir_rate_limit_store_questions_total", "counter", "Questions to the store of limits that all gateways share."
)
RATE_LIMIT_STORE_FAILURES = _slot(
    "weir_rate_limit_store_failures_total", "counter", "Times that this store did not answer, or not in time."
)
TASK_FAILURES = _slot("weir_internal_errors_total", "counter", "Defects of Weir met at run time.")

PROCESS_SLOTS = len(PROCESS_METRICS)

CODE_CLASSES = ("other", "1xx", "2xx", "3xx", "4xx", "5xx")
"""By first digit of the status; `other` is an exchange that ended without one."""
BLOCK_CODES = 0
BLOCK_BYTES_IN = len(CODE_CLASSES)
BLOCK_BYTES_OUT = BLOCK_BYTES_IN + 1
BLOCK_DURATION_US = BLOCK_BYTES_IN + 2
BLOCK_BUCKETS = BLOCK_BYTES_IN + 3
"""Where the histogram of a block begins: one slot per bound, and one for what is over the last."""
NO_LABELS: tuple[str, ...] = ()


def block_slots(buckets: int) -> int:
    """Slots of one (route, backend) block with `buckets` bounds of the latency histogram."""
    return BLOCK_BUCKETS + buckets + 1


@dataclass(frozen=True, slots=True)
class Family:
    """A metric that the supervisor computes when asked; `labels` are names, bounded by the configuration."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = NO_LABELS


_PAIR = ("route", "backend")
REQUESTS = Family("weir_requests_total", "counter", "Exchanges that ended, by class of status.", (*_PAIR, "code"))
REQUEST_DURATION = Family("weir_request_duration_seconds", "histogram", "Time from head to end of answer.", _PAIR)
REQUEST_BYTES = Family("weir_request_body_bytes_total", "counter", "Bytes of request bodies.", _PAIR)
RESPONSE_BYTES = Family("weir_response_bytes_total", "counter", "Bytes of answers as sent.", _PAIR)
TAGGED_REQUESTS = Family(
    "weir_tagged_requests_total",
    "counter",
    "Exchanges by tags that policies show: value, and class of status.",
    ("tag", "value", "code"),
)
TAGGED_SECONDS = Family(
    "weir_tagged_request_seconds_total", "counter", "Sum of the times that these took.", ("tag", "value")
)
RELOAD_SUCCESS = Family("weir_config_last_reload_success", "gauge", "1 where the last configuration was applied.")
RELOADS = Family("weir_config_reloads_total", "counter", "Configurations looked at, by result.", ("result",))
RELOAD_TIME = Family("weir_config_last_reload_timestamp_seconds", "gauge", "When a configuration was last applied.")
RELOAD_DURATION = Family("weir_config_last_reload_duration_seconds", "gauge", "How long the last look took.")
GENERATION = Family("weir_config_generation", "gauge", "Generation of the configuration in force.")
READY = Family("weir_ready", "gauge", "1 once listeners and first views are up.")
WORKERS = Family("weir_workers_running", "gauge", "Workers that serve.")
WORKER_RESTARTS = Family("weir_worker_restarts_total", "counter", "Workers started again after they died.")
SERIES = Family("weir_series_used", "gauge", "Pairs of route and backend with series of their own.")
SERIES_REFUSED = Family("weir_series_refused_total", "counter", "Pairs that share one series, as maxSeries was met.")
VIEW_AGE = Family("weir_discovery_view_age_seconds", "gauge", "Time since the source confirmed it.", ("backend",))
ENDPOINTS = Family("weir_discovery_endpoints", "gauge", "Endpoints in the view.", ("backend", "state"))
DISCOVERY_INDEX = Family("weir_discovery_index", "gauge", "Index of the last answer of Consul.", ("backend",))
DISCOVERY_UPDATES = Family("weir_discovery_updates_total", "counter", "Changes of the view.", ("backend",))
DISCOVERY_ERRORS = Family("weir_discovery_errors_total", "counter", "Failed questions.", ("backend", "reason"))
_BACKEND = ("backend",)
HEALTH_ENDPOINTS = Family(
    "weir_health_endpoints",
    "gauge",
    "Endpoints by how they stand: what their source, checks, traffic and operators say.",
    ("backend", "state"),
)
HEALTH_CHECKS = Family("weir_health_checks_total", "counter", "Active checks that ended.", ("backend", "result"))
HEALTH_CHECKS_WAITED = Family(
    "weir_health_checks_waited_total", "counter", "Active checks that waited for a field of `healthChecks`.", ("limit",)
)
HEALTH_EJECTIONS = Family(
    "weir_health_ejections_total", "counter", "Ejections for failures seen.", ("backend", "cause")
)
HEALTH_EJECTIONS_REFUSED = Family(
    "weir_health_ejections_refused_total", "counter", "Ejections past maxEjectionPercent, or of the last.", _BACKEND
)
HEALTH_PANIC = Family("weir_health_panic_active", "gauge", "1 where health is ignored, by panicThreshold.", _BACKEND)
HEALTH_BY_HAND = Family("weir_health_by_hand_active", "gauge", "Settings by hand in force.", ("action",))
UNSHARED_ENDPOINTS = Family(
    "weir_unshared_endpoints", "gauge", "Endpoints that found the table of the node full: each worker counts alone."
)
STEERING_RULES = Family(
    "weir_steering_rules_active",
    "gauge",
    "Steering rules of the policies in force: 1, or 0 once they have ended and wait to be removed.",
    ("policy", "rule"),
)

FAMILIES = tuple(value for value in list(globals().values()) if isinstance(value, Family))
