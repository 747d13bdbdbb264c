"""TrafficPolicies that filters of backendRefs name, from YAML to the wire: they hold for their share alone."""

from __future__ import annotations

from collections import Counter

import pytest

from gateway.telemetry import metrics
from policies.rate_limit.counters import FreshCounters
from policies.rate_limit.meter import Meter, Reading
from tests.config.manifests import BACKEND_REF, GATEWAY_API, Document, backend, document, gateway, route
from tests.support.as_written import serve
from tests.support.data_path import gateway as data_path
from tests.support.served import Served, served, text_of
from tests.support.statuses import Statuses
from tests.support.wire import RawClient, ScriptedEndpoint, answering

BACKENDS = ("shop/orders", "shop/one")
DENY: Document = {"access": {"sources": {"deny": ["127.0.0.0/8"]}}}


def extension(name: str = "p") -> Document:
    return {"type": "ExtensionRef", "extensionRef": {"group": "weir.dev", "kind": "TrafficPolicy", "name": name}}


def policy(spec: Document, name: str = "p") -> Document:
    return document("weir.dev/v1", "TrafficPolicy", name, spec)


def config(*more: Document, names: tuple[str, ...] = ("p",), filters: tuple[Document, ...] = ()) -> str:
    """Half of the requests go to `orders`, half to `one`, whose filters name policies."""
    own = {**BACKEND_REF, "name": "one", "filters": [extension(name) for name in names]}
    rule: Document = {"filters": list(filters), "backendRefs": [BACKEND_REF, own]}
    return text_of(gateway(), backend(), backend("one"), route("a", rule), *more)


async def fates(weir: Served, times: int = 4) -> Counter[str]:
    """How often which backend answered, or else which status Weir gave."""
    answers = [await weir.ask() for _ in range(times)]
    return Counter(answer.backend or str(answer.status) for answer in answers)


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        (DENY, "403"),
        ({"rateLimits": [{"name": "none", "rate": {"requests": 0, "per": "1h"}}]}, "429"),
        ({"fault": {"abort": {"status": 418, "percent": 100}}}, "418"),
        ({"maintenance": {}}, "503"),
        ({"directResponse": {"status": 200, "body": "here"}}, "200"),
        ({**DENY, "directResponse": {"status": 200}}, "403"),
        ({**DENY, "when": "request.method == 'GET'"}, "403"),
    ],
)
async def test_of_two_backend_refs_only_the_one_with_the_policy_is_under_it(spec: Document, status: str) -> None:
    async with served(config(policy(spec)), BACKENDS) as weir:
        assert await fates(weir) == {"orders": 2, status: 2}
        assert [name for name, _ in weir.heads] == ["orders"] * 2


async def test_whom_the_policy_lets_in_goes_on_to_that_backend() -> None:
    spec = {**DENY, "when": "request.method == 'PUT'"}
    async with served(config(policy(spec)), BACKENDS) as weir:
        assert await fates(weir) == {"orders": 2, "one": 2}


async def test_it_lifts_no_policy_of_the_rule() -> None:
    lenient = policy({"overrides": True, "access": {"sources": {"allow": ["127.0.0.0/8"]}}})
    async with served(config(lenient, policy(DENY, "strict"), filters=(extension("strict"),)), BACKENDS) as weir:
        assert await fates(weir) == {"403": 4}


async def test_of_two_policies_the_first_that_sets_a_field_counts() -> None:
    first, second = policy({"maintenance": {}}, "first"), policy({"maintenance": {}, **DENY}, "second")
    async with served(config(first, second, names=("first", "second")), BACKENDS) as weir:
        assert await fates(weir) == {"orders": 2, "403": 2}


async def test_limits_are_charged_once_and_by_its_share_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    charged: list[int] = []
    take = FreshCounters.take

    def counted(self: FreshCounters, meter: Meter, key: bytes, cost: int) -> Reading:
        charged.append(cost)
        return take(self, meter, key, cost)

    monkeypatch.setattr(FreshCounters, "take", counted)
    limits = {"rateLimits": [{"name": "few", "rate": {"requests": 9, "per": "1h"}}]}
    async with served(config(policy(limits)), BACKENDS) as weir:
        assert await fates(weir, 8) == {"orders": 4, "one": 4}
        assert charged == [1] * 4


async def test_a_body_stays_whole_while_its_share_is_delayed() -> None:
    spec = {"fault": {"delay": {"duration": "1ms", "percent": 100}}}
    async with served(config(policy(spec)), BACKENDS) as weir:
        client = await RawClient.connect(weir.port(8080))
        try:
            head = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n"
            told = [await client.ask(head + b"hello") for _ in range(4)]
        finally:
            client.close()
        assert [status for status, _, _ in told] == [200] * 4
        assert Counter(name for name, _ in weir.heads) == {"orders": 2, "one": 2}


async def test_a_policy_that_comes_too_late_costs_its_share_500_and_the_route_is_told() -> None:
    text = config(policy({**DENY, "tags": [{"name": "a", "value": "1"}], "bodyBytes": "1Ki"}))
    async with served(text, BACKENDS) as weir:
        assert await fates(weir) == {"orders": 2, "500": 2}
    found = Statuses(text)
    assert found.parent("a") == {
        "Accepted": ("True", "Accepted"),
        "ResolvedRefs": ("True", "ResolvedRefs"),
        "PartiallyInvalid": ("True", "UnsupportedValue"),
    }
    (told,) = [problem for problem in found.loaded.problems if "UnsupportedValue" in problem.message]
    assert told.path == "spec.rules[0].backendRefs[1].filters[0].extensionRef.name"
    assert "TrafficPolicy shop/p sets tags, bodyBytes, and once a backendRef was chosen only access, " in told.message


async def test_a_policy_that_there_is_not_costs_its_share_500_and_the_route_is_told() -> None:
    async with served(config(), BACKENDS) as weir:
        assert await fates(weir) == {"orders": 2, "500": 2}
    assert Statuses(config()).parent("a")["ResolvedRefs"] == ("False", "ExtensionNotFound")


async def test_an_edit_of_the_policy_counts_and_other_plans_stay() -> None:
    async with served(config(policy({"when": "false", **DENY})), BACKENDS) as weir:
        assert await fates(weir, 2) == {"orders": 1, "one": 1}
        weir.apply(config(policy(DENY)))
        assert await fates(weir, 2) == {"orders": 1, "403": 1}
        weir.apply(config(policy({**DENY, "bodyBytes": "1Ki"})))
        assert await fates(weir, 2) == {"orders": 1, "500": 1}


async def test_calls_of_a_grpc_route_are_under_it_too() -> None:
    refs = [BACKEND_REF, {**BACKEND_REF, "name": "one", "filters": [extension()]}]
    spec: Document = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": refs}]}
    calls = document(GATEWAY_API, "GRPCRoute", "calls", spec)
    async with served(text_of(gateway(), backend(), backend("one"), calls, policy(DENY)), BACKENDS) as weir:
        told = [await weir.ask("/a.B/C", "Content-Type: application/grpc", method="POST") for _ in range(4)]
        assert Counter(answer.backend or str(answer.status) for answer in told) == {"orders": 2, "403": 2}


async def test_trials_of_the_rule_and_of_the_backend_ref_are_each_counted_once() -> None:
    documents = """\
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: all, namespace: d}
        spec:
          parentRefs: [{name: g}]
          rules:
          - filters: [{type: ExtensionRef, extensionRef: {group: weir.dev, kind: TrafficPolicy, name: p}}]
            backendRefs:
            - group: weir.dev
              kind: Backend
              name: b
              filters: [{type: ExtensionRef, extensionRef: {group: weir.dev, kind: TrafficPolicy, name: q}}]
        ---
        apiVersion: weir.dev/v1
        kind: TrafficPolicy
        metadata: {name: p, namespace: d}
        spec: {access: {dryRun: true, sources: {deny: [127.0.0.0/8]}}}
        ---
        apiVersion: weir.dev/v1
        kind: TrafficPolicy
        metadata: {name: q, namespace: d}
        spec: {access: {dryRun: true, sources: {deny: [127.0.0.1/32]}}}
        """
    async with ScriptedEndpoint(answering) as endpoint, data_path(endpoint) as weir:
        serve(weir, documents)
        client = await weir.client()
        assert (await client.ask(b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"))[0] == 200
        assert weir.count(metrics.POLICY_TRIALS["access.sources"]) == 2
