"""The reference page of policies: their order from the registry, and the README part of each folder."""

from __future__ import annotations

import inspect
from pathlib import Path

from policies.policy import AnyPolicy
from policies.registry import FILTERS, POLICIES

ROOT = Path(__file__).resolve().parents[2]


def render() -> str:
    """The page."""
    lines = [
        "# Policies",
        "",
        "What a [TrafficPolicy](trafficpolicy.md) does to a request, in the order in which it is done, whatever",
        "the order in the file is. The first that refuses or answers ends the way; filters of the route come last.",
        "",
        "| | policy | what it does |",
        "| --- | --- | --- |",
    ]
    for place, policy in enumerate(POLICIES, 1):
        lines.append(f"| {place} | `{policy.name}` | {_purpose(policy)} |")
    for place, name in enumerate(FILTERS, len(POLICIES) + 1):
        lines.append(f"| {place} | `{name}` | As a filter of an HTTPRoute. |")
    lines += ["", *_readme(ROOT / "policies" / "README.md")]
    for folder in dict.fromkeys(map(_folder, POLICIES)):
        lines += _readme(folder / "README.md")
    return "\n".join(lines).rstrip("\n") + "\n"


def _purpose(policy: AnyPolicy) -> str:
    """The first sentence of the doc of what compiles it."""
    return inspect.cleandoc(policy.compile.__doc__ or "").partition("\n")[0]


def _folder(policy: AnyPolicy) -> Path:
    """Where the policy lives: `policies/access` for all of access."""
    return ROOT.joinpath(*policy.compile.__module__.split(".")[:-1])


def _readme(file: Path) -> list[str]:
    return [*file.read_text(encoding="utf-8").splitlines(), ""]
