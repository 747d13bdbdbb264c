"""What the sanitizers find ends the process, whichever it is, and is reported; a sanitized build is never in place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import sanitized

FLAGS = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-shared", "-fPIC"]
DEFECTS = """
#include <stdlib.h>
int shift(int by) { return 1 << by; }
int put(int size, int at) { volatile char *octets = malloc(size); octets[at] = 1; free((void *)octets); return at; }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("defects")
    (folder / "defects.c").write_text(DEFECTS)
    built = folder / "defects.so"
    subprocess.run(["gcc", *FLAGS, "-o", built, folder / "defects.c"], check=True)
    return built


@pytest.mark.parametrize(
    ("call", "found"), [("shift(31)", "left shift"), ("put(8, 8)", "heap-buffer-overflow"), ("put(8, 7)", "")]
)
def test_a_defect_in_a_module_ends_the_process_with_a_report(
    call: str, found: str, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sanitized, "REPORTS", tmp_path)
    program = f"import ctypes; ctypes.CDLL({str(library)!r}).{call}"
    with (tmp_path / "weir.log").open("wb") as log:
        done = subprocess.run([sys.executable, "-c", program], env=sanitized.environment(), stderr=log, check=False)
    reports = [*tmp_path.glob("report*"), *sanitized.logs_with_reports(tmp_path)]
    assert (done.returncode != 0) == bool(reports) == bool(found)
    assert all(found in report.read_text() for report in reports)


def test_a_sanitized_build_in_place_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=sanitized.ROOT,
        env={**os.environ, "WEIR_SANITIZE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "not in place" in done.stderr


def test_the_files_that_the_sanitized_run_copies_and_tests_exist() -> None:
    tests = sanitized.tests_of_compiled_modules()
    assert "tests/gateway/test_timers.py" in tests and len(tests) == len(set(tests))
    for name in (*sanitized.COPIED, *sanitized.COPIED_FILES, *tests):
        assert (sanitized.ROOT / name).exists(), name
