"""A setup as Envoy has it: hosts are virtual hosts, and each has a list of routes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.setups.policies import ADDED, HIDDEN, RATE_LIMIT, REFUSED_NETWORKS, REMOVED, REWRITTEN_TO, SET
from benchmarks.setups.setup import VARIANT, Rule, Setup, by_host

LOG_FIELDS = {
    "time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "bytes": "%BYTES_SENT%",
    "duration_ms": "%DURATION%",
    "upstream": "%UPSTREAM_HOST%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "user_agent": "%REQ(USER-AGENT)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
}
FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
RATE_LIMIT_FILTER = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
RBAC = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
SOURCE_IP = "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.SourceIPInput"
REPLACE = "OVERWRITE_IF_EXISTS_OR_ADD"


def envoy_values(setup: Setup, folder: Path) -> dict[str, str | int]:
    """What peers/setup/envoy.yaml wants. `folder` takes the access log."""
    return {
        "access_log": json.dumps(_access_log(folder)) if setup.policies else "[]",
        "access_filter": "".join(
            f"\n          - {json.dumps(each)}" for each in (_access_filter(), _rate_limit()) if setup.policies
        ),
        "outlier_detection": json.dumps({"consecutive_5xx": 5}) if setup.policies else "null",
        "virtual_hosts": "".join(_virtual_hosts(setup)),
        "endpoints": "".join(
            f"\n        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}}}"
            for port in setup.endpoint_ports
        ),
    }


def _virtual_hosts(setup: Setup) -> Iterator[str]:
    """A line of JSON each, which is YAML that is read fast."""
    for number, (host, rules) in enumerate(by_host(setup.rules)):
        found = {
            "name": f"host-{number}",
            "domains": [host],
            "routes": [{"match": _match(rule), **_action(setup)} for rule in rules],
        }
        yield f"\n            - {json.dumps(found)}"


def _match(rule: Rule) -> dict[str, object]:
    conditions = ((":method", rule.method), (VARIANT, rule.variant))
    headers = [{"name": name, "string_match": {"exact": value}} for name, value in conditions if value is not None]
    return {"path_separated_prefix": rule.prefix, **({"headers": headers} if headers else {})}


def _action(setup: Setup) -> dict[str, object]:
    if not setup.policies:
        return {"route": {"cluster": "origin", "timeout": "0s"}}
    return {
        "route": {
            "cluster": "origin",
            "prefix_rewrite": REWRITTEN_TO,
            "timeout": "10s",
            "retry_policy": {
                "retry_on": "connect-failure,reset,gateway-error",
                "num_retries": 1,
                "per_try_timeout": "5s",
            },
        },
        "request_headers_to_add": [{"header": dict(zip(("key", "value"), SET, strict=True)), "append_action": REPLACE}],
        "request_headers_to_remove": [REMOVED],
        "response_headers_to_add": [{"header": dict(zip(("key", "value"), ADDED, strict=True))}],
        "response_headers_to_remove": [HIDDEN],
    }


def _access_filter() -> dict[str, object]:
    """Refused networks by the tree of the matching API, where a policy's list of principals is walked."""
    ranges = []
    for network in REFUSED_NETWORKS:
        address, _, bits = network.partition("/")
        ranges.append({"address_prefix": address, "prefix_len": int(bits)})

    def action(name: str) -> dict[str, object]:
        config = {"@type": "type.googleapis.com/envoy.config.rbac.v3.Action", "name": name, "action": name}
        return {"action": {"name": name, "typed_config": config}}

    matching = {
        "input": {"name": "source_ip", "typed_config": {"@type": SOURCE_IP}},
        "custom_match": {
            "name": "networks",
            "typed_config": {
                "@type": "type.googleapis.com/xds.type.matcher.v3.IPMatcher",
                "range_matchers": [{"ranges": ranges, "on_match": action("DENY")}],
            },
        },
    }
    return {
        "name": "envoy.filters.http.rbac",
        "typed_config": {"@type": RBAC, "matcher": {"matcher_tree": matching, "on_no_match": action("ALLOW")}},
    }


def _rate_limit() -> dict[str, object]:
    """One bucket for all, as its buckets by address are walked: less than Weir does."""
    bucket = {"max_tokens": RATE_LIMIT, "tokens_per_fill": RATE_LIMIT, "fill_interval": "1s"}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    config = {"stat_prefix": "limit", "token_bucket": bucket, "filter_enabled": always, "filter_enforced": always}
    return {"name": "envoy.filters.http.local_ratelimit", "typed_config": {"@type": RATE_LIMIT_FILTER, **config}}


def _access_log(folder: Path) -> list[dict[str, object]]:
    return [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": FILE_LOG,
                "path": str(folder / "access.log"),
                "log_format": {"json_format": LOG_FIELDS},
            },
        }
    ]
