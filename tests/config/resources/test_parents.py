"""Lists of parents and targets: one that is named twice must be told apart."""

from __future__ import annotations

import pytest

from config.resources.backend_tls_policy import BackendTLSPolicy
from config.resources.http_route import HTTPRoute
from config.resources.tcp_route import TCPRoute
from tests.config.resources.own_kinds import read, refusal

RULES = [{"backendRefs": [{"name": "a", "port": 1}]}]
EDGE = {"name": "edge"}


def test_parents_are_told_apart_by_section_or_port() -> None:
    refs = [{**EDGE, "sectionName": "a"}, {**EDGE, "sectionName": "b"}, {"name": "other"}]
    assert len(read(TCPRoute, {"parentRefs": refs, "rules": RULES}).spec.parent_refs) == 3
    ports = [{**EDGE, "port": 80}, {**EDGE, "port": 81}]
    assert len(read(HTTPRoute, {"parentRefs": ports}).spec.parent_refs) == 2


@pytest.mark.parametrize(
    ("refs", "message"),
    [
        ([EDGE, EDGE], "sectionName or port must be unique"),
        ([EDGE, {**EDGE, "sectionName": "a"}], "sectionName or port must be specified"),
        ([{**EDGE, "port": 80}] * 2, "sectionName or port must be unique"),
    ],
)
def test_parents_of_an_http_route(refs: list[dict[str, object]], message: str) -> None:
    assert message in refusal(HTTPRoute, {"parentRefs": refs})


@pytest.mark.parametrize(
    ("refs", "message"),
    [
        ([EDGE, EDGE], "sectionName must be unique"),
        ([EDGE, {**EDGE, "sectionName": "a"}], "sectionName must be specified"),
        ([{**EDGE, "port": 80}, {**EDGE, "port": 81}], "sectionName must be unique"),
    ],
)
def test_parents_of_a_stream_route(refs: list[dict[str, object]], message: str) -> None:
    assert message in refusal(TCPRoute, {"parentRefs": refs, "rules": RULES})


def test_targets_of_a_policy_are_told_apart_by_section() -> None:
    def spec(*targets: dict[str, object]) -> dict[str, object]:
        validation = {"hostname": "a.example", "wellKnownCACertificates": "System"}
        return {"targetRefs": list(targets), "validation": validation}

    target: dict[str, object] = {"group": "", "kind": "Service", "name": "web"}
    first, second = {**target, "sectionName": "a"}, {**target, "sectionName": "b"}
    assert len(read(BackendTLSPolicy, spec(first, second)).spec.target_refs) == 2
    assert "sectionName must be unique" in refusal(BackendTLSPolicy, spec(target, target))
    assert "sectionName must be specified" in refusal(BackendTLSPolicy, spec(target, first))
