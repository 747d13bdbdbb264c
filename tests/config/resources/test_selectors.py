"""Label selectors match as Kubernetes' do."""

from __future__ import annotations

import pytest

from config.resources.selectors import LabelSelector

LABELS = {"tier": "gold", "team": "a"}


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ({}, True),
        ({"matchLabels": {"tier": "gold"}}, True),
        ({"matchLabels": {"tier": "gold", "team": "b"}}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold", "silver"]}]}, True),
        ({"matchExpressions": [{"key": "none", "operator": "In", "values": ["gold"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["gold"]}]}, False),
        ({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["gold"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"tier": "gold"}, "matchExpressions": [{"key": "none", "operator": "Exists"}]}, False),
    ],
)
def test_matches_labels(selector: dict[str, object], holds: bool) -> None:
    """All conditions must hold; a label that is absent is not in any set."""
    assert LabelSelector.model_validate(selector).matches(LABELS) is holds


def test_an_unknown_operator_is_an_error() -> None:
    """The CRD takes any text as operator; matching by one that there is not raises."""
    selector = LabelSelector.model_validate({"matchExpressions": [{"key": "tier", "operator": "Like"}]})
    with pytest.raises(ValueError, match="Like is not one of"):
        selector.matches(LABELS)
