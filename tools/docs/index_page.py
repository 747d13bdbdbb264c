"""The index of the reference: the kinds with their purpose, `metadata`, and the words for types."""

from __future__ import annotations

from config.resources import CLASSES
from config.resources.honoured import NOT_YET
from config.resources.metadata import Metadata
from tools.docs.field_types import NAMED, words
from tools.docs.kind_page import file_name, meaning_of, purpose_of

GROUPS = (
    ("Weir's own kinds", "weir.dev"),
    ("Gateway API", "gateway.networking.k8s.io"),
    ("Core Kubernetes", ""),
)


def render() -> str:
    """The page."""
    lines = [
        "# Reference",
        "",
        "Made from the code by `make docs`; a test fails when a page here is out of date. Beside the kinds there are",
        "[the commands](cli.md), [the metrics](metrics.md) and [the policies](policies.md) with their order.",
        "`weir schema` prints the kinds as JSON Schema, for editors.",
        "",
    ]
    placed = []
    for title, group in GROUPS:
        kinds = [kind for kind in CLASSES if kind not in placed and (not group or group in kind.API_VERSIONS[0])]
        placed += kinds
        lines += [f"## {title}", "", "| kind | what it declares | carried out |", "| --- | --- | --- |"]
        for kind in kinds:
            lines.append(f"| [{kind.KIND}]({file_name(kind)}) | {purpose_of(kind)} | {_carried_out(kind.KIND)} |")
        lines.append("")
    lines += [
        "## `metadata`",
        "",
        "The same for all kinds. Unknown fields are errors everywhere; a field that is `null` counts as left out.",
        "",
        "| field | type | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    schema = Metadata.model_json_schema(by_alias=True)
    for name, field in schema["properties"].items():
        meaning, default = meaning_of(field, required=name in schema["required"])
        kind_of_field = "DNS name in lower case" if name == "name" else words(field)
        lines.append(f"| `{name}` | {kind_of_field} | {default} | {meaning} |")
    lines += ["", "## Types", "", "| word | what it takes |", "| --- | --- |"]
    lines += [f"| {word} | {text.replace('|', chr(92) + '|')} |" for word, text in NAMED.values()]
    return "\n".join(lines) + "\n"


def _carried_out(kind: str) -> str:
    not_yet = NOT_YET.get(kind, ())
    if kind in ("Deployment", "Pod"):
        return "no, by design"
    if not_yet == ("spec",):
        return "not yet"
    return "in part" if not_yet else "yes"
