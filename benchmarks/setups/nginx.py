"""A setup as nginx has it: hosts are servers, prefixes locations, methods and variants a map that a location asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.setups.policies import ADDED, HIDDEN, RATE_LIMIT, REFUSED_NETWORKS, REMOVED, REWRITTEN_TO, SET
from benchmarks.setups.setup import VARIANT, Rule, Setup, by_host, by_prefix

# Upstream connections that are kept, at least: more than there are clients.
KEPT_CONNECTIONS = 128


def nginx_values(setup: Setup, folder: Path) -> dict[str, str | int]:
    """What peers/setup/nginx.conf wants. `folder` takes the access log."""
    maps: dict[str, str] = {}
    servers: list[str] = []
    for host, rules in by_host(setup.rules):
        locations = [_location(setup, prefix, group, maps) for prefix, group in by_prefix(rules)]
        refusal = "        if ($refused) { return 403; }\n" if setup.policies else ""
        servers.append(_server(host, [refusal, *locations]))
    return {
        "workers": setup.workers,
        "endpoints": "".join(f"\n        server 127.0.0.1:{port};" for port in setup.endpoint_ports),
        "kept": max(KEPT_CONNECTIONS, 2 * len(setup.endpoint_ports)),
        "policies": "\n".join(_policies(folder)) if setup.policies else "    access_log off;",
        "maps": "\n".join(_map(variable, table) for table, variable in maps.items()),
        # Placeholders within are filled here, as the template is filled once.
        "servers": "\n".join(servers),
    }


def _server(host: str, locations: Sequence[str]) -> str:
    return f"    server {{\n        listen 127.0.0.1:@port;\n        server_name {host};\n{''.join(locations)}    }}"


def _location(setup: Setup, prefix: str, rules: Sequence[Rule], maps: dict[str, str]) -> str:
    upstream = "origin"
    lines: list[str] = []
    if any(rule.method or rule.variant for rule in rules):
        if len(rules) == 1:
            lines += [f"            {test}" for test in _tests(rules[0])]
        else:
            # Locations that ask for the same share a map: each is a variable, whose value takes room in every request.
            variable = maps.setdefault(_table(rules), f"$upstream_{len(maps)}")
            lines.append(f'            if ({variable} = "") {{ return 404; }}')
            upstream = variable
    if setup.policies:
        upstream += f"{REWRITTEN_TO}/"
        prefix = f"{prefix}/"
    lines.append(f"            proxy_pass http://{upstream};")
    return "\n".join([f"        location {prefix} {{", *lines, "        }", ""])


def _tests(rule: Rule) -> Iterator[str]:
    if rule.method is not None:
        yield f"if ($request_method != {rule.method}) {{ return 404; }}"
    if rule.variant is not None:
        yield f"if ($http_{VARIANT.replace('-', '_')} != {rule.variant}) {{ return 404; }}"


def _table(rules: Sequence[Rule]) -> str:
    """What a map is asked, and its lines: method and variant, as far as any of the rules has one."""
    parts: list[str] = []
    if any(rule.method for rule in rules):
        parts.append("$request_method")
    if any(rule.variant for rule in rules):
        parts.append(f"$http_{VARIANT.replace('-', '_')}")
    lines = [f'"{" ".join(parts)}"']
    for rule in rules:
        key = " ".join(each for each in (rule.method, rule.variant) if each is not None)
        lines.append(f'        "{key}" origin;')
    return "\n".join(lines)


def _map(variable: str, table: str) -> str:
    asked, _, lines = table.partition("\n")
    return f'    map {asked} {variable} {{\n        default "";\n{lines}\n    }}'


def _policies(folder: Path) -> Iterator[str]:
    (set_name, set_value), (added_name, added_value) = SET, ADDED
    networks = " ".join(f"{network} 1;" for network in REFUSED_NETWORKS)
    yield f"    geo $refused {{ default 0; {networks} }}   # a tree; `deny` is a list"
    yield f"    limit_req_zone $binary_remote_addr zone=per_ip:1m rate={RATE_LIMIT}r/s;"
    yield f"    limit_req zone=per_ip burst={RATE_LIMIT} nodelay;"
    yield f"    access_log {folder}/access.log line buffer=64k flush=1s;   # written in batches, as Weir does"
    yield f"    proxy_set_header {set_name} {set_value};"
    yield f'    proxy_set_header {REMOVED} "";                 # an empty one is not sent'
    yield f"    add_header {added_name} {added_value};"
    yield f"    proxy_hide_header {HIDDEN};"
    yield "    proxy_next_upstream error timeout http_502 http_503 http_504;   # retries armed, of idempotent methods"
    yield "    proxy_next_upstream_tries 2;"
    yield "    proxy_next_upstream_timeout 10s;                   # Weir's time of the whole request"
    yield "    proxy_read_timeout 5s;                             # and of one try"
