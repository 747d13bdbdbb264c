"""ConfigMaps: text and binary values by key."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.config_map import ConfigMap

WHOLE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}


def test_values_are_text_or_base64() -> None:
    found = ConfigMap.read({**WHOLE, "data": {"ca.crt": "pem"}, "binaryData": {"b": "aGk="}, "immutable": True})
    assert (found.data, found.binary_data) == ({"ca.crt": "pem"}, {"b": "aGk="})


def test_value_that_is_no_text_is_refused() -> None:
    """Kubernetes' most frequent mistake: a number or bool without quotes."""
    for value in (1, True, {}):
        with pytest.raises(ValidationError, match="Input should be a valid string"):
            ConfigMap.read({**WHOLE, "data": {"a": value}})
