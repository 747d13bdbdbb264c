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
    ("spec", "message"),
    [
        ({"from": [], "to": [TO]}, "at least 1 item"),
        ({"from": [FROM], "to": []}, "at least 1 item"),
        ({"from": [{**FROM, "namespace": ""}], "to": [TO]}, "at least 1 character"),
        ({"from": [{**FROM, "namespace": "*"}], "to": [TO]}, "should match pattern"),
        ({"from": [FROM], "to": [{"kind": "Service"}]}, "Field required"),
        ({"from": [FROM] * 17, "to": [TO]}, "at most 16 items"),
        ({"from": [FROM], "to": [TO] * 17}, "at most 16 items"),
    ],
)
def test_what_grants_nothing_or_too_much_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(ReferenceGrant, spec)
