"""Every kind: its place in KINDS, its descriptions, and one document of each that is taken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic.fields import FieldInfo

from config.resources import CLASSES, KINDS
from config.resources.model import Model
from config.resources.resource import Resource
from tests.config.resources.crd_pairs import model_in


def fields(model: type[Model], path: str, seen: set[type[Model]]) -> Iterator[tuple[str, FieldInfo]]:
    """Every field of `model` and of the models within it, once each."""
    seen.add(model)
    for field in model.model_fields.values():
        here = f"{path}.{field.alias}"
        yield here, field
        inner = model_in(field.annotation)
        if inner is not None and inner not in seen:
            yield from fields(inner, here, seen)


def test_finds_a_kind_by_version_and_name() -> None:
    """A kind is there once for each version that it is served in."""
    assert KINDS["weir.dev/v1", "Backend"].KIND == "Backend"
    assert KINDS["gateway.networking.k8s.io/v1beta1", "HTTPRoute"] is KINDS["gateway.networking.k8s.io/v1", "HTTPRoute"]
    assert len(KINDS) == sum(len(kind.API_VERSIONS) for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.KIND)
def test_describes_every_field(kind: type[Resource]) -> None:
    """Every field is described, and says its default where it has one: these become documentation and editor help."""
    problems = []
    for path, field in fields(kind, kind.KIND, set()):
        text = field.description or ""
        if not text.endswith("."):
            problems.append(f"{path}: {text!r} is no sentence")
        stated = "Default" in text or "not used" in text or "left alone" in text
        if not field.is_required() and not stated and not isinstance(field.default, Model):
            problems.append(f"{path}: {text!r} does not say the default")
    assert not problems, "\n".join(problems)
