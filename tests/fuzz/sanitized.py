"""Tests on compiled modules that are built with AddressSanitizer and UndefinedBehaviorSanitizer.

Built and run in `build/sanitized`, on a copy of the sources and tests, as such a module cannot be loaded without the
sanitizer's runtime: the normal build beside it stays what it is. Programs that the tests start are sanitized too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "sanitized"
TREE = FOLDER / "lib"
REPORTS = FOLDER / "reports"
TEMPORARY = FOLDER / "tmp"
PACKAGES = ("config", "discovery", "policies", "gateway")
COPIED = ("tests", "tools", "examples", "benchmarks", "docs")
COPIED_FILES = ("pyproject.toml", "setup.py", "README.md", "CONTRIBUTING.md", "Makefile")
MORE_TESTS = (
    "tests/fuzz/test_corpus.py",
    "tests/fuzz/test_targets.py",
    "tests/props",
    "tests/gateway/hot",
    "tests/gateway/codec",
    "tests/integration/test_bad_network_input.py",
)
"""The corpus, the properties of the parsers, and what gives whole gateways what no client should send."""


def tests_of_compiled_modules() -> list[str]:
    """What mirrors a module with a compiled form, and `MORE_TESTS`; nothing twice."""
    found = list(MORE_TESTS)
    for types in sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.pxd")):
        module = types.relative_to(ROOT).with_suffix("")
        mirrors = (Path("tests", module.parent, f"test_{module.name}.py"), Path("tests", module))
        found.extend(
            str(mirror)
            for mirror in mirrors
            if (ROOT / mirror).exists() and not any(str(parent) in MORE_TESTS for parent in mirror.parents)
        )
    return found


def build() -> None:
    """Compile what changed, and copy what the tests need. Raises SystemExit."""
    for package in PACKAGES:
        _forget_what_is_no_more(package)
    command = [sys.executable, "setup.py", "--quiet", "build", "--build-base", FOLDER, "--build-lib", TREE]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "WEIR_SANITIZE": "1"}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"error: the sanitized build failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    for folder in COPIED:
        shutil.rmtree(TREE / folder, ignore_errors=True)
        shutil.copytree(ROOT / folder, TREE / folder, ignore=shutil.ignore_patterns("__pycache__", "results"))
    for file in COPIED_FILES:
        shutil.copy2(ROOT / file, TREE / file)
    tools = TREE / ".tools"
    if not tools.exists() and (ROOT / ".tools").exists():
        tools.symlink_to(ROOT / ".tools")


def _forget_what_is_no_more(package: str) -> None:
    for file in (TREE / package).rglob("*.*"):
        source = (ROOT / file.relative_to(TREE)).with_name(f"{file.name.partition('.')[0]}.py")
        if file.is_file() and not source.exists():
            file.unlink()


def environment() -> dict[str, str]:
    """That of a process that can load the modules; what the sanitizers say goes to `REPORTS`."""
    runtimes = [_runtime("libasan.so"), _runtime("libubsan.so")]
    options = f"log_path={REPORTS}/report:halt_on_error=1:print_stacktrace=1"
    return {
        **os.environ,
        "PYTHONPATH": str(TREE),
        "LD_PRELOAD": " ".join(runtimes),
        # Python's own allocator hands out of arenas, within which no overrun is seen.
        "PYTHONMALLOC": "malloc",
        # The interpreter leaves much allocated at its end.
        "ASAN_OPTIONS": f"detect_leaks=0:{options}",
        "UBSAN_OPTIONS": options,
    }


def _runtime(name: str) -> str:
    compiler = os.environ.get("CC", "gcc")
    done = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    path = done.stdout.strip()
    if not Path(path).is_absolute():
        raise SystemExit(f"error: {compiler} has no {name}; on Debian: apt-get install gcc")
    return path


def run(tests: Sequence[str]) -> int:
    """The exit code: that of pytest, or 1 where a sanitizer found something in any process; its words are printed."""
    build()
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    # Descriptor 2 is not captured: what ends this process would be lost with it.
    options = ["-q", "-p", "no:cacheprovider", "--capture=sys", f"--basetemp={TEMPORARY}"]
    command = [sys.executable, "-m", "pytest", *options, *(tests or tests_of_compiled_modules())]
    code = subprocess.run(command, cwd=TREE, env=environment(), check=False).returncode
    reports = [*REPORTS.iterdir(), *logs_with_reports(TEMPORARY)]
    for report in reports:
        print(f"\n{report}:\n{report.read_text(encoding='utf-8', errors='replace')[-20_000:]}")  # noqa: T201
    return code or bool(reports)


def logs_with_reports(folder: Path) -> list[Path]:
    """The logs of started programs that UndefinedBehaviorSanitizer wrote to: beside ASan it has no file of its own."""
    return [log for log in sorted(folder.rglob("*log")) if log.is_file() and b": runtime error: " in log.read_bytes()]


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
