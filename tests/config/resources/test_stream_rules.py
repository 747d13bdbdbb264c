"""The one rule of routes for whole connections."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.stream_rules import StreamRule

REF = {"name": "a", "port": 1}


def test_backends_have_weights() -> None:
    rule = StreamRule.model_validate({"name": "r", "backendRefs": [REF, {**REF, "weight": 0}]})
    assert [ref.weight for ref in rule.backend_refs] == [1, 0]


@pytest.mark.parametrize(("refs", "message"), [([], "at least 1 item"), ([REF] * 17, "at most 16 items")])
def test_rule_has_1_to_16_backends(refs: list[object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        StreamRule.model_validate({"backendRefs": refs})
