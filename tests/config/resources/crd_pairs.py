"""The parts of the CRDs beside the parts of the models: each object and list of one with its like of the other."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import create_model
from pydantic.fields import FieldInfo

from config.resources import KINDS
from config.resources.model import Model
from tests.config.resources.crd_schemas import FILES, Schema, spec_schema

GROUP = "gateway.networking.k8s.io/v1"


@dataclass(frozen=True)
class Part:
    """An object or list: `schema` of the CRD; `holder` a model whose one field `value` takes what the model takes."""

    path: str
    schema: Schema
    holder: type[Model]


def model_in(annotation: object) -> type[Model] | None:
    """The one model class within an annotation such as `tuple[Listener, ...]` or `PathMatch | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for argument in get_args(annotation):
        if (found := model_in(argument)) is not None:
            return found
    return None


def field_named(model: type[Model], name: str) -> tuple[str, FieldInfo] | None:
    """The attribute and field of `model` with the alias `name`."""
    return next(((key, field) for key, field in model.model_fields.items() if field.alias == name), None)


def holder(annotation: Any) -> type[Model]:
    """A model whose only field `value` is of type `annotation`."""
    return create_model("Holder", __base__=Model, value=(annotation, ...))


def _parts(path: str, schema: Schema, annotation: Any) -> Iterator[Part]:
    """`annotation` at `path`, and all within it."""
    if schema.get("type") not in ("object", "array"):
        return
    yield Part(path, schema, holder(annotation))
    model = model_in(annotation)
    if schema["type"] == "array":
        if model is not None:
            yield from _parts(f"{path}[]", schema["items"], model)
        return
    for name, child in schema.get("properties", {}).items():
        found = field_named(model, name) if model is not None else None
        if found is None:
            raise AssertionError(f"{path}.{name} of the CRD is not in {model}")
        field = found[1]
        yield from _parts(
            f"{path}.{name}",
            child,
            Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation,
        )


@functools.cache
def parts_of(kind: str) -> tuple[Part, ...]:
    """Every part of `kind`, each distinct pair of schema and model once."""
    seen: set[tuple[str, object]] = set()
    found = []
    spec = KINDS[GROUP, kind].model_fields["spec"].annotation
    for part in _parts(f"{kind}.spec", spec_schema(kind), spec):
        mark = (json.dumps(part.schema, sort_keys=True), repr(part.holder.model_fields["value"]))
        if mark not in seen:
            seen.add(mark)
            found.append(part)
    return tuple(found)


def all_parts() -> list[Part]:
    """Every part of every kind."""
    return [part for kind in FILES for part in parts_of(kind)]
