"""The words for types: each says what a value may be, as a reader of the table needs it."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from config.resources import CLASSES
from config.resources.scalars import Duration, Quantity
from tools.docs.field_types import target, words
from tools.docs.kind_page import sections_of


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 16}, "integer 1..16"),
        ({"type": "integer", "minimum": 0}, "integer from 0"),
        ({"type": "number", "exclusiveMinimum": 0.0, "maximum": 10.0}, "number over 0, up to 10"),
        ({"type": "string", "maxLength": 253, "minLength": 1}, "string, 1..253 characters"),
        ({"type": "string", "pattern": "^/"}, "string, pattern `^/`"),
        ({"type": "string", "pattern": Duration.PATTERN}, "duration"),
        ({"anyOf": [{"type": "string", "pattern": Quantity.PATTERN}, {"type": "integer", "minimum": 0}]}, "size"),
        ({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}]}, "integer 1..9"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}, "integer or string"),
        ({"enum": ["A", "B"], "type": "string"}, "one of `A`, `B`"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 8}, "list of string, up to 8"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 8}, "list of string, 1..8"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map of string to string"),
        ({"anyOf": [{"$ref": "#/$defs/X"}, {"type": "null"}]}, "object"),
    ],
)
def test_says_what_a_value_may_be(schema: dict[str, JsonValue], wanted: str) -> None:
    assert words(schema) == wanted


def test_finds_the_model_behind_lists_maps_and_options() -> None:
    reference: dict[str, JsonValue] = {"$ref": "#/$defs/Model"}
    assert target(reference) == "Model"
    assert target({"anyOf": [reference, {"type": "null"}]}) == "Model"
    assert target({"type": "array", "items": reference}) == "Model"
    assert target({"type": "object", "additionalProperties": reference}) == "Model"
    assert target({"type": "string"}) == ""


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.KIND)
def test_every_field_of_every_kind_has_a_type_in_words(kind: type) -> None:
    for section in sections_of(kind):
        for name, field in section.properties.items():
            assert words(field) not in ("", "anything"), f"{section.path}.{name}: {field}"
