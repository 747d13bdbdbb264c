"""The base of every part of a resource: frozen, no unknown fields, camelCase in YAML and snake_case in Python."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """A frozen object of a resource. Types are strict: YAML's `"80"` is no port and `1` is no bool."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        regex_engine="rust-regex",
    )


def violation(message: str) -> PydanticCustomError:
    """A rule between fields that does not hold; `message` is shown as it stands."""
    return PydanticCustomError("rule", message)


def exactly_one(model: Model, *names: str) -> None:
    """Raise unless exactly one of the attributes `names` is set, neither None nor False."""
    given = _given(model, names)
    if len(given) != 1:
        found = " and ".join(_aliases(model, given)) or "none"
        raise violation(f"exactly one of {', '.join(_aliases(model, names))} must be set, not {found}")


def at_most_one(model: Model, *names: str) -> None:
    """Raise where more than one of the attributes `names` is set, neither None nor False."""
    given = _given(model, names)
    if len(given) > 1:
        found = " and ".join(_aliases(model, given))
        raise violation(f"at most one of {', '.join(_aliases(model, names))} must be set, not {found}")


def _given(model: Model, names: Sequence[str]) -> list[str]:
    # A number 0 is set, though it equals False.
    return [name for name in names if getattr(model, name) is not None and getattr(model, name) is not False]


def _aliases(model: Model, names: Sequence[str]) -> list[str]:
    fields = type(model).model_fields
    return [fields[name].alias or name for name in names]


def unique_by(*keys: str) -> AfterValidator:
    """A validator of a list of models that refuses two items with equal attributes `keys` (Kubernetes' type `map`)."""

    def check(items: tuple[Model, ...]) -> tuple[Model, ...]:
        if len(items) > 1:
            seen: set[tuple[object, ...]] = set()
            for item in items:
                key = tuple(getattr(item, name) for name in keys)
                if key in seen:
                    raise violation(f"duplicate {', '.join(keys)}: {', '.join(str(part) for part in key)}")
                seen.add(key)
        return items

    return AfterValidator(check)


def _distinct(items: tuple[object, ...]) -> tuple[object, ...]:
    if len(items) > 1 and len(set(items)) < len(items):
        twice = next(item for position, item in enumerate(items) if item in items[:position])
        raise violation(f"duplicate value: {twice}")
    return items


DISTINCT = AfterValidator(_distinct)
"""A validator of a list that refuses equal items (Kubernetes' list type `set`)."""
