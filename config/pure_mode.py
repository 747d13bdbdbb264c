"""The switch `WEIR_PURE=1`: every module of Weir is imported from its `.py`, also where a compiled one lies beside it.

It exists so that the tests of a compiled module run both ways over one source, and so that a debugger can step into it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

ROOTS = frozenset({"config", "discovery", "policies", "gateway"})


class SourceFinder(MetaPathFinder):
    """Finds the modules of Weir's packages as source only; everything else is left to the finders after it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of the `.py` of `fullname`, or None where it is not Weir's or has no source."""
        if path is None or fullname.partition(".")[0] not in ROOTS:
            return None
        for entry in path:
            spec = FileFinder(entry, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
        return None


def is_pure() -> bool:
    """Whether this process was told to run uncompiled."""
    return os.environ.get("WEIR_PURE") == "1"


def install() -> None:
    """Put the finder first where `WEIR_PURE=1`; once, however often it is called. Costs nothing where it is not set."""
    if is_pure() and not any(isinstance(finder, SourceFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, SourceFinder())
