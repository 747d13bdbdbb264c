"""Tests of what a result says of the programs it compares."""

from __future__ import annotations

import pytest

from benchmarks.programs import parse_version


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("weir 0.1.0\n  gateway.hot.head: compiled\n", "0.1.0"),
        ("nginx version: nginx/1.22.1\n", "1.22.1"),
        ("HAProxy version 2.6.12-1+deb12u3 2025/10/03 - https://haproxy.org/\n", "2.6.12-1+deb12u3"),
        ("\n/opt/py-3.11.7/bin/envoy  version: 9e55809/1.40.0/Clean/RELEASE/BoringSSL\n", "1.40.0"),
        ("v2.11.7 h1:yj0Y4f=\n", "v2.11.7"),
        ("Usage: thing\n", "unknown"),
    ],
)
def test_version_is_found_in_what_each_program_prints(output: str, version: str) -> None:
    assert parse_version(output) == version
