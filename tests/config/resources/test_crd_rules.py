"""The models take a Gateway API document exactly when the CRD does: schema, list types and CEL rules."""

from __future__ import annotations

from random import Random

import pytest
from pydantic import ValidationError

from tests.config.resources.crd_documents import Documents
from tests.config.resources.crd_pairs import Part, parts_of
from tests.config.resources.crd_schemas import FILES, errors

ROUNDS = 15
ROUNDS_FOR_RULES = 120
CHANGES_PER_DOCUMENT = 10
CEL = "x-kubernetes-validations"

UNREACHABLE = {
    "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']": "the enum of the field says so first",
    "Hostnames must be valid based on RFC-1123": "the pattern of the field says so first",
    "Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on RFC-1123": (
        "the pattern of the field says so first"
    ),
    "Listener name must be unique within the Gateway": "the list type `map` says so first",
    "Port for TLS configuration must be unique within the Gateway": "the list type `map` says so first",
    "must not contain '#' when type one of ['Exact', 'PathPrefix']": "the rule about characters says so too",
}
"""Rules that never are the only thing wrong with a document, with the reason."""

STRANGE: tuple[object, ...] = (1, True, 1.5, "a", [1], [[]], {"unknownField": 1})
PREFIX = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}}
REDIRECT_PREFIX = {"type": "RequestRedirect", "requestRedirect": PREFIX}
REWRITE_PREFIX = {"type": "URLRewrite", "urlRewrite": PREFIX}
EXACT = [{"path": {"type": "Exact", "value": "/a"}}]


def _backend(*filters: object) -> dict[str, object]:
    return {"name": "a", "port": 80, "filters": list(filters)}


REDIRECT = {"type": "RequestRedirect", "requestRedirect": {}}
REWRITE = {"type": "URLRewrite", "urlRewrite": {}}
WRITTEN: dict[str, tuple[object, ...]] = {
    "Gateway.spec.infrastructure.labels": ({"a b": "x"}, {"": "x"}, {"p" * 252 + "/x": "x"}, {"p" * 253 + "/x": "x"}),
    "Gateway.spec.infrastructure.annotations": (
        {"a b": "x"},
        {"a/": "x"},
        {"p" * 252 + "/x": "x"},
        {"p" * 253 + "/x": "x"},
    ),
    "HTTPRoute.spec.rules": ([{"matches": [{}] * 64}] * 2, [{"matches": [{}] * 64}] * 3, [{"matches": [{}] * 9}] * 15),
    "HTTPRoute.spec.rules[].backendRefs[].filters": ([REDIRECT, REWRITE], [REWRITE, REWRITE], [REDIRECT, REDIRECT]),
    "HTTPRoute.spec.rules[]": (
        {"filters": [REDIRECT_PREFIX]},
        {"filters": [REWRITE_PREFIX]},
        {"matches": EXACT, "filters": [REDIRECT_PREFIX]},
        {"matches": EXACT, "filters": [REWRITE_PREFIX]},
        {"matches": [], "filters": [REWRITE_PREFIX]},
        {"matches": [{}, {}], "filters": [REDIRECT_PREFIX]},
        {"matches": EXACT, "backendRefs": [_backend(REDIRECT_PREFIX)]},
        {"matches": EXACT, "backendRefs": [_backend(REWRITE_PREFIX)]},
        {"matches": EXACT, "backendRefs": [_backend(REWRITE_PREFIX), _backend(REWRITE_PREFIX)]},
        {"matches": EXACT, "backendRefs": [_backend(REWRITE_PREFIX), _backend(REDIRECT_PREFIX)]},
        {"backendRefs": [_backend(REWRITE_PREFIX)]},
        {"filters": [REDIRECT], "backendRefs": [_backend()]},
    ),
    "Gateway.spec.listeners": (
        [{"name": "a", "port": 1, "protocol": "HTTPS", "tls": {"mode": "Passthrough"}}],
        [{"name": "a", "port": 1, "protocol": "HTTPS", "tls": {"options": {"a": "b"}}}],
        [{"name": "a", "port": 1, "protocol": "TLS"}],
        [{"name": "a", "port": 1, "protocol": "example.com/HTTPS", "tls": {"mode": "Passthrough"}}],
    ),
    "GRPCRoute.spec.rules": (
        [{"matches": [{}] * 64}] * 2,
        [{"matches": [{}] * 64}, {}, {"matches": [{}] * 64}, {"matches": [{}]}],
    ),
    "GRPCRoute.spec.rules[].matches[].method": ({"service": "K\u212a"}, {"service": "A.b_1"}, {"method": "a.b"}),
    "TLSRoute.spec.hostnames": (["1.2.3.4"], ["1.2.3.4.5"], ["256.1.1.1"]),
    "HTTPRoute.spec.rules[].timeouts": (
        {"request": "0s", "backendRequest": "1s"},
        {"request": "1m", "backendRequest": "60s"},
        {"request": "59s", "backendRequest": "1m"},
    ),
}
"""Cases that chance would seldom find."""


def refusals(part: Part, value: object) -> list[str]:
    """The messages with which the model refuses `value` as this part; none when it takes it."""
    try:
        part.holder.model_validate({"value": value}, by_alias=True, by_name=False)
    except ValidationError as error:
        return [each["msg"] for each in error.errors()]
    return []


class Comparison:
    """What model and CRD say of one value after the other."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.taken = self.refused = 0
        self.differences: list[str] = []
        self.shown: set[str] = set()
        """Messages of the rules that were the only thing wrong, and that the model gave."""

    def of(self, value: object) -> None:
        """Compare both about `value`."""
        expected = errors(self.part.schema, value)
        found = refusals(self.part, value)
        self.taken += not expected
        self.refused += bool(expected)
        wanted = {error.message for error in expected}
        if bool(expected) != bool(found):
            self.differences.append(f"CRD: {[each[:200] for each in wanted]}, model: {found}, of {value}")
        elif expected and all(error.validator == CEL for error in expected):
            if not wanted & set(found):
                self.differences.append(f"CRD: {wanted}, model: {found}, of {value}")
            elif len(wanted) == 1:
                self.shown |= wanted


@pytest.mark.parametrize("kind", FILES)
def test_takes_exactly_what_the_crd_takes(kind: str) -> None:
    """Values made from each part of the schema, and changes of them, are judged alike; each rule is seen to bite."""
    problems: list[str] = []
    shown: set[str] = set()
    rules: set[str] = set()
    for part in parts_of(kind):
        own = {rule["message"] for rule in part.schema.get(CEL, ()) if "oldSelf" not in rule["rule"]} - set(UNREACHABLE)
        rules |= own
        comparison = Comparison(part)
        documents = Documents(part.schema, Random(part.path))
        for value in (*STRANGE, *WRITTEN.get(part.path, ())):
            comparison.of(value)
        for number in range(ROUNDS_FOR_RULES):
            if number >= ROUNDS and own <= comparison.shown:
                break
            value = documents.valid()
            if value is not None:
                comparison.of(value)
                for _ in range(CHANGES_PER_DOCUMENT):
                    comparison.of(documents.spoiled(value))
        shown |= comparison.shown
        problems += [f"{part.path}: {difference}" for difference in comparison.differences[:2]]
        if not comparison.taken or not comparison.refused:
            problems.append(f"{part.path}: {comparison.taken} taken and {comparison.refused} refused show nothing")
    problems += [f"never seen to bite alone: {rule}" for rule in sorted(rules - shown)]
    assert not problems, f"{len(problems)}:\n" + "\n".join(problems)
