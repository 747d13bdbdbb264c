"""The compiled inner loop: head scanner, chunk and frame scanners, matcher, counters, typed by `.pxd` files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

from config.pure_mode import ROOTS


def compiled() -> Mapping[str, bool]:
    """Every module of Weir that has a compiled form (an extension or a `.pxd` beside its source), by its full name.

    True where an import in this process takes the compiled one: False under `WEIR_PURE=1`, or where it was not built.
    """
    names: set[str] = set()
    for root in sorted(ROOTS):
        spec = find_spec(root)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(location)
            for file in folder.rglob("*"):
                if file.suffix in {".pxd", ".so", ".pyd"}:
                    module = file.relative_to(folder).with_name(file.name.partition(".")[0])
                    names.add(".".join((root, *module.parts)))
    return {name: _is_extension(name) for name in sorted(names)}


def _is_extension(name: str) -> bool:
    spec = find_spec(name)
    return spec is not None and spec.origin is not None and spec.origin.endswith(tuple(EXTENSION_SUFFIXES))
