"""Which policy sees a request first: the one place where their order is written down."""

from __future__ import annotations

from policies.access.compiled import (
    compile_api_key,
    compile_basic,
    compile_external,
    compile_identity,
    compile_jwt,
    compile_rules,
    compile_sources,
)
from policies.bandwidth.step import compile_bandwidth
from policies.bounds.body_bytes import compile_body_bytes
from policies.bounds.head_limits import compile_head_limits
from policies.bounds.times import compile_times
from policies.buffering.step import compile_buffering
from policies.compression.step import compile_compression
from policies.decompression.step import compile_decompression
from policies.error_pages.step import compile_error_pages
from policies.faults.abort import compile_abort
from policies.faults.delay import compile_delay
from policies.log_headers.step import compile_log_headers
from policies.own_answers.direct_response import compile_direct_response
from policies.own_answers.maintenance import compile_maintenance
from policies.policy import AnyPolicy, Policy
from policies.rate_limit.step import compile_rate_limits
from policies.retrying.step import compile_retry
from policies.security_headers.step import compile_security_headers
from policies.split_on.step import compile_split_on
from policies.steering.endpoint_header import compile_endpoint_header
from policies.steering.rules import compile_steering
from policies.tags.lane import compile_lane
from policies.tags.marking import compile_tags
from policies.tags.passing import compile_baggage, compile_trust
from policies.tags.shown import compile_shown

POLICIES: tuple[AnyPolicy, ...] = (
    Policy("securityHeaders", "security_headers", compile_security_headers),
    Policy("errorPages", "error_pages", compile_error_pages),
    Policy("compression", "compression", compile_compression),
    Policy("logHeaders", "log_headers", compile_log_headers),
    Policy("headLimits", "head_limits", compile_head_limits),
    Policy("baggage", "baggage", compile_baggage),
    Policy("trustTagsFrom", "trust_tags_from", compile_trust),
    Policy("access.sources", "access", compile_sources),
    Policy("access.identity", "access", compile_identity),
    Policy("access.jwt", "access", compile_jwt),
    Policy("access.apiKey", "access", compile_api_key),
    Policy("access.basic", "access", compile_basic),
    Policy("access.external", "access", compile_external),
    Policy("tags", "tags", compile_tags),
    Policy("metricTags", "metric_tags", compile_shown),
    Policy("access.rules", "access", compile_rules),
    Policy("rateLimits", "rate_limits", compile_rate_limits),
    Policy("endpointHeaderFrom", "endpoint_header_from", compile_endpoint_header),
    Policy("steering", "steering", compile_steering),
    Policy("lane", "lane", compile_lane),
    Policy("splitOn", "split_on", compile_split_on),
    Policy("maintenance", "maintenance", compile_maintenance),
    Policy("timeouts", "timeouts", compile_times),
    Policy("retry", "retry", compile_retry),
    Policy("bodyBytes", "body_bytes", compile_body_bytes),
    Policy("bandwidth", "bandwidth", compile_bandwidth),
    Policy("decompression", "decompression", compile_decompression),
    Policy("buffering", "buffering", compile_buffering),
    Policy("fault.delay", "fault", compile_delay),
    Policy("fault.abort", "fault", compile_abort),
    Policy("directResponse", "direct_response", compile_direct_response),
)
"""What a request passes before its backendRef is chosen. What only prepares the answer stands first, so that refusals
have it too."""

FILTERS_BEFORE = ("CORS",)
"""Filters of a rule that are asked before all policies: a preflight carries no credentials (Fetch 4.8)."""

FILTERS_AMONG = ("ExternalAuth",)
"""Filters of a rule that are asked among the policies, behind `access.external`: cheaper ways to tell who comes in
spare these; nobody is answered, nor tagged, before they agree. Those of a backendRef are asked once it was chosen."""

_ACCESS = [policy.name for policy in POLICIES].index("access.external") + 1
BEHIND_ACCESS = frozenset(policy.name for policy in POLICIES[_ACCESS:])
"""The policies that see none whom these filters refuse."""

FILTERS_BEHIND = (
    "RequestHeaderModifier",
    "RequestRedirect",
    "URLRewrite",
    "RequestMirror",
    "ResponseHeaderModifier",
)
"""Filters of a rule and of the backendRef that was chosen, the rule's before the backendRef's, whose CORS goes before
them. A mirror is given the head as the filters before it left it; what a response header modifier does comes last, on
the way back."""

REFUSING = (
    *FILTERS_BEFORE,
    *(policy.name for policy in POLICIES[:_ACCESS]),
    *FILTERS_AMONG,
    *(policy.name for policy in POLICIES[_ACCESS:]),
)
"""Who may refuse a request, as metrics name them."""

ANSWERING = (*FILTERS_BEFORE, "maintenance", "fault.abort", "directResponse")
"""Who may answer one, as metrics name them."""

ORDER = (*REFUSING, *FILTERS_BEHIND)
"""All of them."""
