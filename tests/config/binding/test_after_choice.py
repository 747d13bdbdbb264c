"""Which policies a filter of a backendRef may refer to."""

from __future__ import annotations

import pytest

from config.binding.after_choice import AFTER_CHOICE, can_act, fitting_fields, too_late
from config.resources.traffic_policy import TrafficPolicySpec


def spec(**fields: object) -> TrafficPolicySpec:
    return TrafficPolicySpec.model_validate(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"when": "true", "overrides": True, "access": {"rules": []}},
        {"fault": {"abort": {"status": 503, "percent": 1}}, "maintenance": {}, "directResponse": {"status": 200}},
        {"rateLimits": [{"name": "a", "rate": {"requests": 1, "per": "1s"}}]},
        {"tags": None},
    ],
)
def test_what_lets_go_on_or_ends_a_request_can_act(fields: dict[str, object]) -> None:
    fields = {name: value for name, value in fields.items() if value is not None}
    assert too_late(spec(**fields)) == ()
    assert can_act(spec(**fields))


def test_all_others_are_too_late_and_named_as_they_are_written() -> None:
    found = spec(bodyBytes="1Ki", access={}, splitOn=[], timeouts={"request": "1s"}, tags=[])
    assert too_late(found) == ("tags", "splitOn", "timeouts", "bodyBytes")
    assert not can_act(found)


def test_every_name_is_a_field_of_the_model() -> None:
    assert set(TrafficPolicySpec.model_fields) > AFTER_CHOICE
    assert fitting_fields() == "access, rateLimits, fault, directResponse, maintenance"
