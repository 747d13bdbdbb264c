"""The reference page of policies: their order from the registry, and the README part of each folder."""

from __future__ import annotations

import inspect
from pathlib import Path

from policies.policy import AnyPolicy
from policies.registry import ORDER, POLICIES

ROOT = Path(__file__).resolve().parents[2]


def render() -> str:
    """The page."""
    lines = [
        "# Policies",
        "",
        "What a [TrafficPolicy](trafficpolicy.md) does to a request, in the order in which it is done, whatever",
        "the order in the file is. The first that refuses or answers ends the way.",
        "",
        "| | policy | what it does |",
        "| --- | --- | --- |",
    ]
    purposes = {policy.name: _purpose(policy) for policy in POLICIES}
    for place, name in enumerate(ORDER, 1):
        lines.append(f"| {place} | `{name}` | {purposes.get(name, 'As a filter of an HTTPRoute.')} |")
    lines += ["", *_readme(ROOT / "policies" / "README.md")]
    for folder in _folders():
        lines += _readme(folder / "README.md")
    return "\n".join(lines).rstrip("\n") + "\n"


def _folders() -> list[Path]:
    """Those of policies, each at the place of its first one, then those of filters."""
    of_policies = [ROOT.joinpath(*policy.compile.__module__.split(".")[:-1]) for policy in POLICIES]
    of_filters = sorted(readme.parent for readme in (ROOT / "policies").glob("*/README.md"))
    return list(dict.fromkeys((*of_policies, *of_filters)))


def _purpose(policy: AnyPolicy) -> str:
    """The first sentence of the doc of what compiles it."""
    return inspect.cleandoc(policy.compile.__doc__ or "").partition("\n")[0]


def _readme(file: Path) -> list[str]:
    return [*file.read_text(encoding="utf-8").splitlines(), ""]
