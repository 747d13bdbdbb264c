"""Tags in metrics: only those that policies list, and only by values that policies name."""

from __future__ import annotations

from config.resources.traffic_policy import TrafficPolicySpec
from config.snapshot import TrafficLayer
from gateway.telemetry.tag_series import base_of, tag_pairs


def layer(**spec: object) -> TrafficLayer:
    return TrafficLayer("shop/p", TrafficPolicySpec.model_validate(spec))


def test_values_are_those_that_the_policies_of_the_rule_name() -> None:
    near = layer(
        tags=[
            {"name": "lane", "value": "canary"},
            {"name": "tier", "valueFrom": {"header": "x"}, "allowed": ["a", "b"], "default": "c", "inMetrics": True},
            {"name": "user", "valueFrom": {"header": "x-user"}},
        ]
    )
    far = layer(metricTags=["lane"], tags=[{"name": "lane", "value": "blue"}])
    lane = [("tag lane", value) for value in ("", "other", "canary", "blue")]
    tier = [("tag tier", value) for value in ("", "other", "a", "b", "c")]
    assert list(tag_pairs((near, far))) == lane + tier
    assert list(tag_pairs((layer(),))) == []


def test_a_tag_that_only_trusted_clients_set_has_one_series_for_all_its_values() -> None:
    assert list(tag_pairs((layer(metricTags=["lane"]),))) == [("tag lane", ""), ("tag lane", "other")]


def test_a_value_that_nobody_named_counts_with_the_others() -> None:
    series = {("tag lane", ""): 1, ("tag lane", "other"): 2, ("tag lane", "canary"): 3}
    values = (None, "canary", "elsewhere", "other")
    assert [base_of(series, "lane", value) for value in values] == [1, 3, 2, 2]
    assert base_of({}, "lane", "canary") is None
