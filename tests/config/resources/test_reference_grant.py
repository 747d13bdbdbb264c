"""ReferenceGrants: who and what, each at least once."""

from __future__ import annotations

import pytest

from config.resources.reference_grant import ReferenceGrant
from tests.config.resources.own_kinds import read, refusal

FROM = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}
TO = {"group": "", "kind": "Service"}


def test_grant_without_a_name_is_for_all_of_the_kind() -> None:
    grant = read(ReferenceGrant, {"from": [FROM], "to": [TO, {**TO, "name": "web"}]}).spec
    assert grant.from_[0].namespace == "shop"
    assert [to.name for to in grant.to] == [None, "web"]


@pytest.mark.parametrize(
    "spec",
    [
        {"from": [], "to": [TO]},
        {"from": [FROM], "to": []},
        {"from": [{**FROM, "namespace": ""}], "to": [TO]},
        {"from": [FROM], "to": [{"kind": "Service"}]},
        {"from": [FROM] * 17, "to": [TO]},
    ],
)
def test_what_grants_nothing_is_refused(spec: dict[str, object]) -> None:
    assert refusal(ReferenceGrant, spec)
