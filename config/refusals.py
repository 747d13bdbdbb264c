"""What pydantic refuses, said in plain words: the path in the document, what is wrong, and what would mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from config.problems import PathPart, nearest
from config.resources.model import Model
from config.resources.scalars import Group, HeaderName, Hostname, Kind, NamespaceName, PreciseHostname

MAX_NAMES_SHOWN = 12
MAX_SHOWN_CHARACTERS = 60
_SECRET = frozenset(("data", "stringData", "token"))
"""Fields whose values are kept out of messages, as messages go to logs."""
_QUOTED = re.compile(r"'([^']*)'|([0-9]+)")
_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_YAML_1_1_BOOLS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def _pattern(adapter: TypeAdapter[str]) -> str:
    return str(adapter.json_schema()["pattern"])


_PATTERNS: Mapping[str, str] = {
    _pattern(TypeAdapter(Hostname)): "a host name in lower case, such as shop.example or *.shop.example",
    _pattern(TypeAdapter(PreciseHostname)): "a name of lower-case letters, digits, - and dots, such as shop.example",
    _pattern(TypeAdapter(NamespaceName)): "a name of lower-case letters, digits and -, such as shop",
    _pattern(TypeAdapter(HeaderName)): "a token of HTTP, such as x-user-id",
    _pattern(TypeAdapter(Group)): "an API group, such as gateway.networking.k8s.io",
    _pattern(TypeAdapter(Kind)): "a kind, such as HTTPRoute",
}
"""What the patterns of names ask for, in words."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that a model does not take. `at_key`: its place is that of the key, not of the value."""

    path: tuple[PathPart, ...]
    message: str
    suggestion: str = ""
    at_key: bool = False


def refusals(error: ValidationError, model: type[Model], document: object) -> list[Refusal]:
    """What `model` refuses in `document`, each thing once, in pydantic's order."""
    found: dict[tuple[PathPart, ...], list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            # pydantic counts the good items of a list alone; those that are wrong are told by themselves.
            continue
        found.setdefault(path_in(document, detail["loc"]), []).append(detail)
    return [refusal for path, details in found.items() for refusal in _said(path, details, model)]


def path_in(document: object, loc: Sequence[PathPart]) -> tuple[PathPart, ...]:
    """The part of pydantic's `loc` that is in the document: without the members of unions, which pydantic adds.

    A last part that the document lacks stays: it is a field that is missing.
    """
    path: list[PathPart] = []
    value = document
    for position, part in enumerate(loc):
        if isinstance(value, dict):
            if part not in value and position + 1 < len(loc):
                continue
            value = value.get(part)
            path.append(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            path.append(part)
    return tuple(path)


def fields_at(model: type[Model], path: Sequence[PathPart]) -> list[str]:
    """The names that a mapping at `path` in a document of `model` may have; [] where they are free or unknown."""
    models = {model}
    for part in path:
        if isinstance(part, str):
            models = {
                inner
                for outer in models
                for field in outer.model_fields.values()
                if field.alias == part
                for inner in _models_in(field.annotation)
            }
    return [field.alias for found in models for field in found.model_fields.values() if field.alias]


def shown(value: object) -> str:
    """A value as a message names it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    if len(text) > MAX_SHOWN_CHARACTERS:
        text = f"{text[:MAX_SHOWN_CHARACTERS]}..."
    return f'"{text}"' if isinstance(value, str) else text


def _models_in(annotation: object) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _said(path: tuple[PathPart, ...], details: list[ErrorDetails], model: type[Model]) -> Iterator[Refusal]:
    """The refusals at one path. Several wrong types there are the members of one union."""
    wanted = [_TYPES[detail["type"]] for detail in details if detail["type"] in _TYPES]
    if wanted and len(wanted) == len(details):
        value = details[0]["input"]
        message = f"{' or '.join(dict.fromkeys(wanted))} is expected"
        yield Refusal(path, _but(path, message, value), _mend_type(wanted, value))
        return
    for detail in details:
        yield _one(path, detail, model)


def _but(path: tuple[PathPart, ...], message: str, value: object) -> str:
    return message if _SECRET.intersection(path) else f"{message}, not {shown(value)}"


def _mend_type(wanted: list[str], value: object) -> str:
    if "a list" in wanted and not isinstance(value, list):
        return "put `- ` before each item"
    if "a string" in wanted and isinstance(value, bool | int | float):
        return "put it in quotes"
    if "true or false" in wanted and isinstance(value, str):
        word = value.lower()
        return f"write {_YAML_1_1_BOOLS.get(word, word)}" if word in (*_YAML_1_1_BOOLS, "true", "false") else ""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return f"write {value} without quotes"
    return ""


def _one(path: tuple[PathPart, ...], detail: ErrorDetails, model: type[Model]) -> Refusal:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return Refusal(path, f'the required field "{path[-1]}" is missing')
    if kind == "extra_forbidden":
        return _unknown(path, model)
    if kind == "literal_error":
        choices = [first or second for first, second in _QUOTED.findall(str(context["expected"]))]
        message = f"{' or '.join([', '.join(choices[:-1]), choices[-1]] if choices[1:] else choices)} is expected"
        return Refusal(path, _but(path, message, value), nearest(value, choices) if isinstance(value, str) else "")
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return Refusal(path, _but(path, f"must be {words} {context[key]}", value))
    if kind in ("string_too_short", "string_too_long", "too_short", "too_long"):
        return Refusal(path, _length(kind, value, context))
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        message = f"{_PATTERNS.get(pattern, f'a text that matches {pattern}')} is expected"
        return Refusal(path, _but(path, message, value))
    if kind == "duration":
        is_number = isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal())
        return Refusal(path, _but(path, detail["msg"], value), f"write {value}s for seconds" if is_number else "")
    if kind == "quantity":
        return Refusal(path, _but(path, detail["msg"], value))
    return Refusal(path, detail["msg"])


def _unknown(path: tuple[PathPart, ...], model: type[Model]) -> Refusal:
    """The nearest name that there is; where none is near, all of them if they are few."""
    name, valid = str(path[-1]), fields_at(model, path[:-1])
    suggestion = nearest(name, valid)
    if not suggestion and 0 < len(valid) <= MAX_NAMES_SHOWN:
        suggestion = f"known here: {', '.join(valid)}"
    return Refusal(path, f'unknown field "{name}"', suggestion, at_key=True)


def _length(kind: str, value: object, context: Mapping[str, object]) -> str:
    is_text = kind.startswith("string")
    what = "characters" if is_text else "items"
    size = len(value) if isinstance(value, str | list | tuple | dict) else 0
    if kind.endswith("short"):
        least = context["min_length"]
        if least == 1:
            return "must not be empty"
        return f"at least {least} {what} are expected, not {size}"
    return f"at most {context['max_length']} {what} are allowed, not {size}"
