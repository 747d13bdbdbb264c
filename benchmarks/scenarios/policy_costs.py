"""What each policy of Weir's own costs a request: on minus off, round by round, on one route and on many."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import bcrypt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from joserfc import jwt
from joserfc.jwk import ECKey

from benchmarks.bench import Bench
from benchmarks.comparison import Entry, contest, series_of, wrong_of
from benchmarks.figures import round_differences
from benchmarks.origin import Origin
from benchmarks.results import Finding, Goal, Measure, Series
from benchmarks.scenarios.keepalive_small import doubts
from benchmarks.scenarios.route_sets import prefixes
from benchmarks.scenarios.routes import MOST_SECONDS, base_goals, subject, times_base
from benchmarks.setups.entries import setup_entry
from benchmarks.setups.policies import REFUSED_NETWORKS
from benchmarks.setups.setup import Setup

NONE = "none"
MANY = "timeouts, on every route"
ONE = "timeouts"
ISSUER = "https://id.example"
# A token that outlives any run.
LIFE_S = 86_400
RULE = 'request.method == "DELETE" && request.path.startsWith("/api") && source.ip.inCIDR("10.0.0.0/8")'


class PolicyCosts:
    """Weir with each policy, beside Weir with none. All requests carry what any of the policies asks for."""

    name = "policy-costs"
    what = "each policy of Weir alone on a route, beside none; 64 kept connections, 60-byte answers"

    def run(self, bench: Bench) -> Finding:
        """No peers: what they have for each is not the same."""
        short = replace(bench, effort=replace(bench.effort, seconds=min(bench.effort.seconds, MOST_SECONDS)))
        headers, policies = credentials(bench.folder)
        with Origin(bench.folder, bench.cores.load) as origin:
            records = contest(short, list(_entries(short, headers, policies, origin.ports[0])))
        series = series_of(records)
        times = tuple(times_base(series, ("weir",), [MANY], ONE))
        return Finding(
            scenario=self.name,
            what=self.what,
            series=(*series, *_added(series, policies), *times),
            goals=tuple(_goals(times, bench.effort.routes)),
            wrong=wrong_of(records),
            doubts=tuple(doubts(series)),
        )


def credentials(folder: Path) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Headers that satisfy every policy, and the policies by label; keys and passwords are written into `folder`."""
    key = ECKey.import_key(generate_private_key(SECP256R1()))
    public = {**key.as_dict(private=False), "kid": "bench", "use": "sig"}
    (folder / "jwks.json").write_text(json.dumps({"keys": [public]}), encoding="utf-8")
    claims = {"iss": ISSUER, "sub": "bench", "exp": int(time.time()) + LIFE_S}
    token = jwt.encode({"alg": "ES256", "kid": "bench"}, claims, key)
    users = folder / "users"
    users.write_bytes(b"bench:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)) + b"\n")
    headers = {
        "x-token": token,
        "x-api-key": "key-1",
        "authorization": f"Basic {base64.b64encode(b'bench:secret').decode()}",
    }
    from_ = "from: [{header: x-token}]"
    hashes = f"{{bench: {hashlib.sha256(b'key-1').hexdigest()}}}"
    policies = {
        "access.sources, 1,000 networks": f"access: {{sources: {{deny: [{', '.join(REFUSED_NETWORKS)}]}}}}",
        "access.jwt": f"access: {{jwt: {{issuer: '{ISSUER}', jwks: {{file: {folder / 'jwks.json'}}}, {from_}}}}}",
        "access.apiKey": f"access: {{apiKey: {{hashes: {hashes}}}}}",
        "access.basic": f"access: {{basic: {{htpasswdFile: {users}}}}}",
        "access.rules, three terms": f"access: {{rules: [{{name: r, when: {json.dumps(RULE)}, action: Deny}}]}}",
        "when, three terms": f"when: {json.dumps(RULE)}, timeouts: {{request: 10s}}",
        ONE: "timeouts: {request: 10s, backendRequest: 5s}",
        "bodyBytes": "bodyBytes: 1Mi",
    }
    return headers, policies


def _entries(bench: Bench, headers: Mapping[str, str], policies: Mapping[str, str], port: int) -> Iterator[Entry]:
    one, many = prefixes(1), prefixes(bench.effort.routes)
    cases = {NONE: (one, ""), **{label: (one, fields) for label, fields in policies.items()}}
    cases[MANY] = (many, policies[ONE])
    for label, (routes, fields) in cases.items():
        traffic = replace(routes.traffic, headers=headers)
        setup = Setup(routes.rules, (port,), traffic_policy=fields)
        yield setup_entry(bench, subject("weir", label), "weir", setup, traffic, traffic)


def _added(series: tuple[Series, ...], policies: Mapping[str, str]) -> Iterator[Series]:
    cpu = {each.subject: each.values for each in series if each.measure is Measure.CPU_US}
    base = cpu.get(subject("weir", NONE))
    for label in policies:
        case = cpu.get(subject("weir", label))
        if base and case:
            values = tuple(round_differences(case, base))
            yield Series(subject=subject("weir", label), measure=Measure.ADDED_US, values=values)


def _goals(times: tuple[Series, ...], count: int) -> Iterator[Goal]:
    yield from base_goals(times, [MANY], f"CPU per request with {count:,} routes, each with a policy, against one")
