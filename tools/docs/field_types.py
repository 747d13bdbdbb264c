"""The type of a field in words, from its JSON Schema: what a reader of a table needs, no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue, TypeAdapter

from config.resources.scalars import (
    Duration,
    GatewayDuration,
    Group,
    HeaderName,
    Hostname,
    Kind,
    NamespaceName,
    PreciseHostname,
    Quantity,
)

Schema = Mapping[str, JsonValue]


def _pattern(adapter: TypeAdapter[str]) -> str:
    return str(adapter.json_schema()["pattern"])


NAMED: Mapping[str, tuple[str, str]] = {
    Duration.PATTERN: ("duration", "Go-style: `250ms`, `30s`, `1h30m`, `0s`; units `ns`, `us`, `ms`, `s`, `m`, `h`"),
    GatewayDuration.PATTERN: (
        "whole duration",
        "as Gateway API takes it: whole numbers of `h`, `m`, `s`, `ms`, each of up to five digits: `500ms`, `1m30s`",
    ),
    Quantity.PATTERN: ("size", "a Kubernetes quantity of bytes: `64Ki`, `1.5Gi`, `500M`, or a plain number"),
    _pattern(TypeAdapter(PreciseHostname)): (
        "host name",
        "a DNS name in lower case, with no wildcard and no dot at its end",
    ),
    _pattern(TypeAdapter(Hostname)): ("host name or wildcard", "a DNS name in lower case whose first label may be `*`"),
    _pattern(TypeAdapter(NamespaceName)): (
        "label",
        "a DNS label in lower case: letters, digits and `-`, up to 63 characters",
    ),
    _pattern(TypeAdapter(HeaderName)): (
        "token",
        "a name as RFC 9110 5.1 takes it: letters, digits and ``!#$%&'*+-.^_`|~``",
    ),
    _pattern(TypeAdapter(Group)): ("API group", "a DNS name in lower case, or empty for core Kubernetes"),
    _pattern(TypeAdapter(Kind)): ("kind", "the name of a kind: letters, digits and `-`, beginning with a letter"),
}
"""By pattern: the word that stands for it in the tables, and what it means."""


def target(schema: Schema) -> str:
    """The name of the model that a field holds, alone, in a list or in a map; "" where it holds none."""
    for part in (schema, *_options(schema)):
        for inner in (part, part.get("items"), part.get("additionalProperties")):
            if isinstance(inner, dict):
                if "$ref" in inner:
                    return str(inner["$ref"]).rsplit("/", 1)[1]
                for option in _options(inner):
                    if "$ref" in option:
                        return str(option["$ref"]).rsplit("/", 1)[1]
    return ""


def is_list(schema: Schema) -> bool:
    """Whether the field is a list."""
    return any(part.get("type") == "array" for part in (schema, *_options(schema)))


def is_map(schema: Schema) -> bool:
    """Whether the field is a map of names to models."""
    return any(isinstance(part.get("additionalProperties"), dict) for part in (schema, *_options(schema)))


def words(schema: Schema) -> str:
    """The type: `duration`, `integer 1..16`, `list of object, up to 8`, one of `A`, `B`."""
    options = [option for option in _options(schema) if option.get("type") != "null"]
    if len(options) > 1:
        found = list(dict.fromkeys(words(option) for option in options))
        # A size is text or a number, which its own word says already.
        return found[0] if found[0] == "size" else " or ".join(found)
    if options:
        return words(options[0])
    if "$ref" in schema:
        return "object"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{_literal(value)}`" for value in cast(list[JsonValue], schema["enum"]))
    if "const" in schema:
        return f"`{_literal(schema['const'])}`"
    return _plain(schema)


def _plain(schema: Schema) -> str:
    match schema.get("type"):
        case "array":
            items = schema.get("items")
            return f"list of {words(items) if isinstance(items, dict) else 'anything'}{_count(schema, 'Items')}"
        case "object":
            values = schema.get("additionalProperties")
            return f"map of string to {words(values)}" if isinstance(values, dict) else "object of anything"
        case "string":
            return _text(schema)
        case "integer" | "number" as kind:
            return f"{kind}{_bounds(schema)}"
        case None:
            return "anything"
        case kind:
            return str(kind)


def _text(schema: Schema) -> str:
    pattern = str(schema.get("pattern", ""))
    if pattern in NAMED:
        return NAMED[pattern][0]
    length = _count(schema, "Length", " characters")
    return f"string{length}" + (f", pattern `{pattern}`" if pattern else "")


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    over = schema.get("exclusiveMinimum")
    if over is not None:
        return f" over {over:g}" + (f", up to {high:g}" if high is not None else "")
    if low is None and high is None:
        return ""
    return f" {low:.12g}..{high:.12g}" if high is not None else f" from {low:.12g}"


def _count(schema: Schema, what: str, unit: str = "") -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if high is None:
        return f", at least {low}{unit}" if low and not (unit and low == 1) else ""
    return f", {low}..{high}{unit}" if low else f", up to {high}{unit}"


def _options(schema: Schema) -> list[Schema]:
    found = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or []
    return [option for option in cast(list[JsonValue], found) if isinstance(option, dict)]


def _literal(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
