"""The order of policies names each filter, and each field of TrafficPolicy, that is carried out."""

from __future__ import annotations

from typing import get_args

from config.binding.after_choice import AFTER_CHOICE
from config.resources.honoured import NOT_YET
from config.resources.http_filters import HTTPRouteFilter
from config.resources.traffic_policy import TrafficPolicySpec
from policies.registry import FILTERS_AMONG, FILTERS_BEFORE, FILTERS_BEHIND, ORDER, POLICIES

OF_THE_POLICY_ITSELF = {"target_refs", "when", "overrides"}
"""What says where a policy holds is no policy of its own."""
BEFORE_ANY_REQUEST = {"connections"}
"""What acts when a connection comes, `policies.rate_limit.connections`, is asked by no request."""


def test_every_filter_that_is_carried_out_has_its_place() -> None:
    # An ExtensionRef names a policy, each field of which has a place of its own.
    types = set(get_args(HTTPRouteFilter.model_fields["type"].annotation)) - {"ExtensionRef"}
    waiting = {path.rpartition(".")[2].lower() for path in NOT_YET["HTTPRoute"] if ".filters[]." in path}
    assert {*FILTERS_BEFORE, *FILTERS_AMONG, *FILTERS_BEHIND} == {name for name in types if name.lower() not in waiting}


def test_every_field_that_is_carried_out_has_its_place() -> None:
    waiting = {path.removeprefix("spec.") for path in NOT_YET["TrafficPolicy"]}
    carried_out = {name for name, field in TrafficPolicySpec.model_fields.items() if field.alias not in waiting}
    assert {policy.field for policy in POLICIES} == carried_out - OF_THE_POLICY_ITSELF - BEFORE_ANY_REQUEST


def test_each_has_one_place() -> None:
    assert len(ORDER) == len(set(ORDER))


def test_what_acts_after_the_choice_of_a_backend_ref_is_carried_out() -> None:
    assert {policy.field for policy in POLICIES} >= AFTER_CHOICE
