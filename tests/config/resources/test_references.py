"""References: what is filled in, and what a Service needs."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.references import (
    BackendObjectReference,
    BackendRef,
    LocalObjectReference,
    ParentReference,
    SecretObjectReference,
)


def test_what_is_left_out_is_the_usual() -> None:
    backend, parent = BackendRef(name="a", port=1), ParentReference(name="edge")
    assert (backend.group, backend.kind, backend.weight, backend.namespace) == ("", "Service", 1, None)
    assert (parent.group, parent.kind, parent.port) == ("gateway.networking.k8s.io", "Gateway", None)
    assert SecretObjectReference(name="a").kind == "Secret"


def test_service_needs_a_port_and_a_backend_none() -> None:
    assert BackendObjectReference(group="weir.dev", kind="Backend", name="a").port is None
    assert BackendObjectReference(group="other.dev", kind="Service", name="a").port is None
    with pytest.raises(ValidationError, match="Must have port for Service reference"):
        BackendObjectReference(name="a")


def test_plain_reference_says_group_and_kind() -> None:
    with pytest.raises(ValidationError) as caught:
        LocalObjectReference.model_validate({"name": "a"})
    assert [(error["loc"], error["msg"]) for error in caught.value.errors()] == [
        (("group",), "Field required"),
        (("kind",), "Field required"),
    ]


@pytest.mark.parametrize(
    ("weight", "message"),
    [(-1, "greater than or equal to 0"), (1_000_001, "less than or equal to 1000000"), (1.5, "valid integer")],
)
def test_weight_is_a_whole_number_within_bounds(weight: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BackendRef.model_validate({"name": "a", "port": 1, "weight": weight})
