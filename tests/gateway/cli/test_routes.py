"""Tests of `weir routes`, against a gateway that runs."""

from __future__ import annotations

import json
from pathlib import Path

from gateway.cli.routes import COLUMNS, route_row
from tests.support.weir_command import serving, weir
from tools.running import free_ports


def test_shows_the_rules_of_a_running_gateway(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret", encoding="utf-8")
    with serving(tmp_path, token_file=token) as (admin, port):
        denied = weir("routes", "--admin", admin)
        text = weir("routes", "--admin", admin, "--token-file", token)
        told = json.loads(weir("routes", "--admin", admin, "--token-file", token, "-o", "json").stdout)
    assert denied.returncode == 1
    assert "answered 401" in denied.stderr
    assert text.returncode == 0, text.stderr
    lines = text.stdout.splitlines()
    assert lines[0].split() == [column.upper() for column in COLUMNS]
    read = next(line for line in lines if "shop/orders/read" in line)
    assert f"127.0.0.1:{port}/tcp" in read
    assert "GET PathPrefix /orders" in read
    assert "3 shop/orders; 1 500: " in read
    assert [route["rule"] for route in told["routes"]] == ["shop/orders/read", "shop/orders/moved"]


def test_a_gateway_that_is_not_there_is_one_line_and_exit_code_1() -> None:
    ended = weir("routes", "--admin", f"http://127.0.0.1:{free_ports(1)[0]}")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("weir: error: the admin API at ")
    assert ended.stderr.count("\n") == 1


def test_a_row_has_a_cell_per_column() -> None:
    row = route_row({"listener": "d/g/http", "hostnames": ["*"], "rule": "d/r/0", "kind": "HTTPRoute", "backends": []})
    assert len(row) == len(COLUMNS)
    assert row[:4] == ("d/g/http", "", "*", "HTTPRoute d/r/0")
