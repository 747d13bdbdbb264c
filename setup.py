"""The build of the compiled modules: every `x.py` of Weir with an `x.pxd` beside it goes through Cython.

There is one source per module (DESIGN.md, wall 3): the same `.py` runs uncompiled under `WEIR_PURE=1`. A module that
does not compile ends the build with Cython's message; it is never left out. C types come from the `.pxd` alone
(`annotation_typing` is off): the annotations in the source are for mypy. `WEIR_ANNOTATE=1` writes Cython's
line-by-line cost pages beside the C files in `build/cython`. `WEIR_SANITIZE=1` adds AddressSanitizer and
UndefinedBehaviorSanitizer, for a build in a folder of its own (`tests/fuzz/sanitized.py`). `WEIR_COMPILE=later` is for
`make setup` alone, which registers the package first and compiles then: pip would compile all of it a second time.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

SANITIZE = os.environ.get("WEIR_SANITIZE") == "1"
# A word that C leaves undefined ends the process, as one outside of a buffer does: both are bugs, wherever they happen.
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILE = ["-O1", "-g", "-fno-omit-frame-pointer", *SANITIZERS] if SANITIZE else ["-O2"]
LINK = SANITIZERS if SANITIZE else []
PACKAGES = ("config", "discovery", "policies", "gateway")


def compiled_modules(root: Path) -> list[Extension]:
    """The modules with types in a `.pxd` beside them, sorted by name so that two builds are the same."""
    sources = sorted(types.with_suffix(".py") for package in PACKAGES for types in (root / package).rglob("*.pxd"))
    return [
        Extension(
            ".".join(source.relative_to(root).with_suffix("").parts),
            [str(source.relative_to(root))],
            extra_compile_args=COMPILE,
            extra_link_args=LINK,
        )
        for source in sources
        if source.exists()
    ]


if SANITIZE and "--inplace" in sys.argv:
    sys.exit("error: a sanitized module needs its runtime preloaded: build into another folder, not in place")

setup(
    ext_modules=[]
    if os.environ.get("WEIR_COMPILE") == "later"
    else cythonize(
        compiled_modules(Path(__file__).resolve().parent),
        build_dir="build/cython",
        compiler_directives={"language_level": 3, "annotation_typing": False},
        annotate=os.environ.get("WEIR_ANNOTATE") == "1",
    )
)
