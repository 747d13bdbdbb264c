"""Short ways to read a resource of Weir's own kinds in tests, and to see why one is refused."""

from __future__ import annotations

from typing import TypeVar

import pytest
from pydantic import ValidationError

from config.resources.resource import Resource

R = TypeVar("R", bound=Resource)


def read(kind: type[R], spec: object) -> R:
    """The resource of `kind` with `spec`."""
    return kind.read({"apiVersion": kind.API_VERSIONS[0], "kind": kind.KIND, "metadata": {"name": "x"}, "spec": spec})


def refusal(kind: type[Resource], spec: object) -> str:
    """The first message with which `spec` is refused."""
    with pytest.raises(ValidationError) as caught:
        read(kind, spec)
    return caught.value.errors()[0]["msg"]
