"""A setup as HAProxy has it: a map file per sort of rule, from what a request has to the backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.setups.policies import ADDED, HIDDEN, RATE_LIMIT, REFUSED_NETWORKS, REMOVED, REWRITTEN_TO, SET
from benchmarks.setups.setup import VARIANT, Rule, Setup

LOG_FORMAT = (
    '{"time":"%[date]","method":"%HM","host":"%[var(txn.host)]","path":"%HP","protocol":"%HV","status":%ST,'
    '"bytes":%B,"duration_ms":%Ta,"upstream":"%s","client":"%ci","retries":%rc,"request_id":"%ID"}'
)


def haproxy_values(setup: Setup, folder: Path) -> dict[str, str | int]:
    """What peers/setup/haproxy.cfg wants. The map files are written into `folder`."""
    return {
        "workers": setup.workers,
        "lookups": "\n".join(_lookups(setup, folder)),
        "endpoints": "".join(
            f"\n    server endpoint-{index} 127.0.0.1:{port} pool-max-conn -1"
            for index, port in enumerate(setup.endpoint_ports)
        ),
        "policies": "\n".join(_policies(setup, folder)) if setup.policies else "    no log",
        "backend_policies": "\n".join(_backend_policies()) if setup.policies else "",
    }


def _lookups(setup: Setup, folder: Path) -> Iterator[str]:
    """Rules that ask for more come first, as in Gateway API; of the rest the longest prefix wins within one map."""
    sorts: dict[tuple[bool, bool], list[Rule]] = {}
    for rule in setup.rules:
        sorts.setdefault((rule.method is not None, rule.variant is not None), []).append(rule)
    for by_method, by_variant in sorted(sorts, reverse=True):
        file = folder / f"routes{'-method' * by_method}{'-variant' * by_variant}.map"
        rules = sorts[by_method, by_variant]
        file.write_text("".join(f"{_key(rule)} origin\n" for rule in rules), encoding="utf-8")
        condition = " unless { var(txn.route) -m found }" if len(sorts) > 1 else ""
        if by_method or by_variant:
            parts = ["%[method]|"] * by_method + [f"%[req.hdr({VARIANT})]|"] * by_variant
            yield f'    http-request set-var-fmt(txn.key) "{"".join(parts)}%[base]"{condition}'
            yield f"    http-request set-var(txn.route) var(txn.key),map_beg({file}){condition}"
        else:
            yield f"    http-request set-var(txn.route) base,map_beg({file}){condition}"


def _key(rule: Rule) -> str:
    """What the line of a map begins with; `base` is host and path joined."""
    conditions = "".join(f"{each}|" for each in (rule.method, rule.variant) if each is not None)
    return f"{conditions}{rule.host}{rule.prefix}"


def _policies(setup: Setup, folder: Path) -> Iterator[str]:
    if len({rule.prefix for rule in setup.rules}) > 1:
        raise ValueError("HAProxy rewrites one known prefix, by its length")
    (set_name, set_value), (added_name, added_value) = SET, ADDED
    prefix_bytes = len(setup.rules[0].prefix)
    yield "    log stdout format raw daemon               # a write per line: it has no batched log to a file"
    yield f"    log-format '{LOG_FORMAT}'"
    file = folder / "refused.lst"
    file.write_text("".join(f"{network}\n" for network in REFUSED_NETWORKS), encoding="utf-8")
    yield f"    http-request deny deny_status 403 if {{ src -f {file} }}   # a tree"
    yield "    stick-table type ip size 100k expire 30s store http_req_rate(1s)"
    yield "    http-request track-sc0 src"
    yield f"    http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {RATE_LIMIT} }}"
    yield "    http-request set-var(txn.host) req.hdr(host)"
    yield f"    http-request set-header {set_name} {set_value}"
    yield f"    http-request del-header {REMOVED}"
    yield f"    http-request set-path {REWRITTEN_TO}%[path,bytes({prefix_bytes})]"
    yield f"    http-response add-header {added_name} {added_value}"
    yield f"    http-response del-header {HIDDEN}"


def _backend_policies() -> Iterator[str]:
    yield "    retries 1                                      # retries armed: one more try"
    yield "    retry-on conn-failure empty-response 502 503 504"
    yield "    option redispatch"
    yield "    timeout server 5s                              # Weir's time of one try"
