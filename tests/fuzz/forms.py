"""The scanners and codecs twice in one process: as an import takes them, and the same sources uncompiled.

What a compiled module does otherwise than its source is a second parser (DESIGN.md, wall 3): the fuzz targets give each
input to both.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

from config.pure_mode import SourceFinder

SCANNED = (
    "gateway.errors",
    "gateway.hot.writer",
    "gateway.hot.fields",
    "gateway.hot.head",
    "gateway.hot.chunk",
    "gateway.codec.http1",
)
"""The modules under test, in an order in which they can be imported."""


@dataclass(frozen=True, slots=True)
class Form:
    """One set of the modules; `compiled` where they are extensions, those that have such a form."""

    name: str
    compiled: bool
    errors: ModuleType
    writer: ModuleType
    chunk: ModuleType
    http1: ModuleType
    sources: tuple[Path, ...]
    """Of all modules of `gateway.hot` and `gateway.codec` that were loaded for it; of the source form only."""


def imported_form() -> Form:
    """As every import in this process takes them: compiled, unless nothing was built or under `WEIR_PURE=1`."""
    return _form("compiled", {name: importlib.import_module(name) for name in SCANNED})


def source_form(watch: AbstractContextManager[object] | None = None) -> Form:
    """A second set, from the sources, that only its holder knows; `watch` is entered while they are imported."""
    imported_form()
    own = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "gateway"}
    for name in own:
        del sys.modules[name]
    finder = SourceFinder()
    sys.meta_path.insert(0, finder)
    try:
        with watch or nullcontext():
            modules = {name: importlib.import_module(name) for name in SCANNED}
        sources = sorted(
            Path(module.__file__)
            for name, module in sys.modules.items()
            if name.startswith(("gateway.hot.", "gateway.codec.")) and module.__file__
        )
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == "gateway"]:
            del sys.modules[name]
        sys.modules.update(own)
    return _form("source", modules, tuple(sources))


def _form(name: str, modules: dict[str, ModuleType], sources: tuple[Path, ...] = ()) -> Form:
    head = modules["gateway.hot.head"].__file__ or ""
    return Form(
        name,
        head.endswith(tuple(EXTENSION_SUFFIXES)),
        modules["gateway.errors"],
        modules["gateway.hot.writer"],
        modules["gateway.hot.chunk"],
        modules["gateway.codec.http1"],
        sources,
    )
