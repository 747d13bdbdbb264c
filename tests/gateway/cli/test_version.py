"""Tests of `weir version`."""

from __future__ import annotations

import json
import platform
import ssl
from importlib.metadata import version

from gateway.hot import compiled
from tests.support.weir_command import weir


def test_shows_what_runs() -> None:
    told = json.loads(weir("version", "--output", "json").stdout)
    assert told["weir"] == version("weir")
    assert told["python"] == platform.python_version()
    assert told["uvloop"] == version("uvloop")
    assert told["openssl"] == ssl.OPENSSL_VERSION
    assert set(told["modules"]) == set(compiled())


def test_says_which_modules_run_from_source() -> None:
    told = json.loads(weir("version", "-o", "json", WEIR_PURE="1").stdout)
    assert set(told["modules"].values()) == {"pure"}


def test_text_has_a_line_for_each() -> None:
    lines = weir("version").stdout.splitlines()
    assert lines[0].split() == ["weir", version("weir")]
    assert len(lines) == 4 + len(compiled())
