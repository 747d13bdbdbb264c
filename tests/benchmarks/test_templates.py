"""Tests of the programs' configurations: what is rendered is what the program itself accepts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.origin import Origin, nginx_command
from benchmarks.proxies import KINDS, Proxy
from benchmarks.templates import ConfigTemplate, rendered
from tests.support.programs import require_program


def test_at_sign_marks_a_value_and_dollar_does_not() -> None:
    assert ConfigTemplate("a $host @port @{port}x @@").substitute(port=80) == "a $host 80 80x @"


def test_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="descriptors"):
        rendered("peers/nginx.conf", folder="/x")


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    require_program("nginx")
    proxy = Proxy(KINDS["nginx"], tmp_path / "nginx", frozenset((0,)), origin_port=9)
    done = subprocess.run(
        [*nginx_command(proxy.file, tmp_path / "nginx"), "-t"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_haproxy_accepts_its_configuration(tmp_path: Path) -> None:
    require_program("haproxy")
    proxy = Proxy(KINDS["haproxy"], tmp_path / "haproxy", frozenset((0,)), origin_port=9)
    command = [*KINDS["haproxy"].command(proxy.file, tmp_path), "-c"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


def test_origin_answers_with_bodies_of_the_said_sizes() -> None:
    assert {len(Origin.small_body(index)) for index in (0, 7, 9999)} == {60}
    assert Origin.small_body(1) != Origin.small_body(2)
    assert len(Origin.page_body()) == 16 * 1024
