"""Every kind that Weir takes, as typed, frozen models.

The list of all kinds is made when it is first asked for: they take a tenth of a second, and a worker needs three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.resources.resource import Resource

if TYPE_CHECKING:
    from config.resources.kinds import CLASSES, KINDS
    from config.resources.schema import json_schema

__all__ = ["CLASSES", "KINDS", "Resource", "json_schema"]


def __getattr__(name: str) -> object:
    if name in ("CLASSES", "KINDS"):
        from config.resources import kinds

        return getattr(kinds, name)
    if name == "json_schema":
        from config.resources.schema import json_schema

        return json_schema
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
