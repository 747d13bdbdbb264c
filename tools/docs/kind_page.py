"""The reference page of one kind: purpose, example, every field with type and default, what has no effect yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from config.resources.honoured import NOT_YET
from config.resources.resource import Resource
from tools.docs.field_types import Schema, is_list, is_map, target, words

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "kinds"
COMMON = ("apiVersion", "kind", "metadata", "status")
NOTE = "†"
_DEFAULT = re.compile(r"\s*Default: (.+?)\.(?= |$)")


@dataclass(frozen=True, slots=True)
class Section:
    """One object of a kind: its place in the document ("" for the top), its model and what the model says of itself."""

    path: str
    model: str
    purpose: str
    properties: Mapping[str, Schema]
    required: frozenset[str]


def file_name(kind: type[Resource]) -> str:
    """Name of the page in `docs/reference`."""
    return f"{kind.KIND.lower()}.md"


def example_of(kind: type[Resource]) -> Path:
    """The YAML file that the page shows."""
    return EXAMPLES / f"{kind.KIND.lower()}.yaml"


def purpose_of(kind: type[Resource]) -> str:
    """What the kind is for, in its docstring's words."""
    return " ".join((kind.__doc__ or "").split())


def render(kind: type[Resource]) -> str:
    """The page."""
    not_yet = NOT_YET.get(kind.KIND, ())
    scope = "in a namespace" if kind.NAMESPACED else "without a namespace"
    versions = ", ".join(f"`{version}`" for version in kind.API_VERSIONS)
    lines = [
        f"# {kind.KIND}",
        "",
        purpose_of(kind),
        "",
        f"`apiVersion`: {versions}, {scope}. `metadata` is [the same for all kinds](README.md#metadata).",
        "",
        f"```yaml title={example_of(kind).name}",
        example_of(kind).read_text(encoding="utf-8").rstrip("\n"),
        "```",
        "",
    ]
    lines += _not_yet(kind, not_yet)
    sections = list(sections_of(kind))
    known = {section.model: section for section in reversed(sections)}
    for section in sections:
        lines += _section(section, known, not_yet)
    return "\n".join(lines).rstrip("\n") + "\n"


def sections_of(kind: type[Resource]) -> Iterator[Section]:
    """The objects of a kind, outer ones first; each model once, at its first place."""
    schema = kind.model_json_schema(by_alias=True)
    definitions = cast(Mapping[str, Schema], schema.get("$defs", {}))
    properties = cast(Mapping[str, Schema], schema["properties"])
    top = {name: field for name, field in properties.items() if name not in COMMON}
    yield from _walk(Section("", kind.__name__, "", top, _required(schema)), definitions, set())


def _walk(section: Section, definitions: Mapping[str, Schema], seen: set[str]) -> Iterator[Section]:
    yield section
    inner = []
    for name, field in section.properties.items():
        model = target(field)
        if model and model not in seen:
            seen.add(model)
            inner.append((_path(section.path, name, field), model))
    for path, model in inner:
        schema = definitions[model]
        properties = cast(Mapping[str, Schema], schema.get("properties", {}))
        purpose = " ".join(str(schema.get("description", "")).split())
        yield from _walk(Section(path, model, purpose, properties, _required(schema)), definitions, seen)


def _path(parent: str, name: str, field: Schema) -> str:
    return f"{parent}{'.' if parent else ''}{name}{'[]' if is_list(field) else '.*' if is_map(field) else ''}"


def _required(schema: Schema) -> frozenset[str]:
    return frozenset(str(name) for name in cast(list[JsonValue], schema.get("required", [])))


def _section(section: Section, known: Mapping[str, Section], not_yet: tuple[str, ...]) -> list[str]:
    if not section.properties:
        return []
    heading = f"## `{section.path}`" if section.path else "## Fields"
    lines = [heading, ""]
    if section.purpose:
        lines += [section.purpose, ""]
    lines += ["| field | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in section.properties.items():
        path = _path(section.path, name, field)
        model = target(field)
        kind = words(field)
        if model and known[model].properties:
            kind = kind.replace("object", f"[object](#{anchor(known[model].path)})", 1)
        meaning, default = meaning_of(field, required=name in section.required)
        # Pydantic leaves a description out that is the model's own.
        meaning = meaning or (known[model].purpose if model else "")
        mark = f" {NOTE}" if _without_effect(path, not_yet) else ""
        lines.append(f"| `{name}`{mark} | {_cell(kind)} | {_cell(default)} | {_cell(meaning)} |")
    return [*lines, ""]


def meaning_of(field: Schema, *, required: bool) -> tuple[str, str]:
    """The description without its sentence on the default, and the default."""
    text = str(field.get("description", ""))
    found = _DEFAULT.search(text)
    meaning = (text[: found.start()] + text[found.end() :]).strip() if found else text
    if required:
        return meaning, "**required**"
    if found:
        return meaning, found.group(1)
    default = field.get("default")
    return meaning, "of its fields" if isinstance(default, dict) else "none"


def _without_effect(path: str, not_yet: tuple[str, ...]) -> bool:
    plain = path.replace("[]", "")
    return any("=" not in entry and entry.replace("[]", "") == plain for entry in not_yet)


def _not_yet(kind: type[Resource], not_yet: tuple[str, ...]) -> list[str]:
    if not not_yet:
        return []
    if not_yet == ("spec",):
        text = (
            f"**Not carried out yet.** This version reads and checks a {kind.KIND} whole, and its status says "
            "`PartiallyHonoured`; nothing acts on it so far."
        )
        return [text, ""]
    marked = f"Fields marked {NOTE} are" if any("=" not in entry for entry in not_yet) else "The values listed here are"
    lines = [
        f"**Not carried out yet.** {marked} read and checked, but this version does not carry them out, or not whole;",
        "a resource that uses one has the condition `PartiallyHonoured`.",
        "",
    ]
    for entry in not_yet:
        path, _, value = entry.partition("=")
        lines.append(f"- `{path}` with the value `{value}`" if value else f"- `{path}`")
    return [*lines, ""]


def anchor(path: str) -> str:
    """The fragment that GitHub gives a heading with this path."""
    return re.sub(r"[^a-z0-9_ -]", "", path.lower()) if path else "fields"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
