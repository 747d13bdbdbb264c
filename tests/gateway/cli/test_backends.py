"""Tests of `weir backends`, against a gateway that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.backends import COLUMNS, backend_rows
from tests.support.weir_command import serving, weir
from tools.running import free_ports


def test_shows_the_endpoints_of_a_running_gateway(tmp_path: Path) -> None:
    with serving(tmp_path) as (admin, _):
        text = weir("backends", "--admin", admin)
        told = json.loads(weir("backends", "--admin", admin, "-o", "json").stdout)
    assert text.returncode == 0, text.stderr
    (row,) = [line.split() for line in text.stdout.splitlines()[1:]]
    assert row == ["shop/orders", "static", "0.0s", "127.0.0.1:9001", "3", "east", "serving", "-", "version=v1", "-"]
    assert [backend["name"] for backend in told["backends"]] == ["shop/orders"]


def test_a_gateway_that_is_not_there_is_exit_code_1() -> None:
    ended = weir("backends", "--admin", f"http://127.0.0.1:{free_ports(1)[0]}")
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr


def test_a_backend_without_endpoints_has_a_row_that_says_why() -> None:
    unknown = backend_rows(
        {"name": "d/b", "source": "consul", "ageSeconds": None, "lastError": "refused", "endpoints": []}
    )
    empty = backend_rows({"name": "d/b", "source": "consul", "ageSeconds": 3, "ready": True, "endpoints": []})
    assert unknown == [("d/b", "consul", "never", "not known yet", "", "", "", "", "", "refused")]
    assert empty == [("d/b", "consul", "3.0s", "none", "", "", "", "", "", "")]
    assert {len(row) for row in (*unknown, *empty)} == {len(COLUMNS)}


def test_an_ipv6_address_stands_in_brackets() -> None:
    (row,) = backend_rows({"endpoints": [{"address": "::1", "port": 80, "weight": 1, "serving": False, "tags": {}}]})
    assert "[::1]:80" in row
    assert "draining" in row


def test_state_stands_with_its_reasons() -> None:
    endpoint = {"address": "10.0.0.1", "port": 80, "weight": 1, "state": "ejected", "reasons": ["one", "two"]}
    (row,) = backend_rows({"endpoints": [endpoint]})
    assert row[6:8] == ("ejected", "one; two")


def test_change_without_a_token_that_may_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret")
    with serving(tmp_path, token_file=file) as (admin, _):
        ended = weir("backends", "drain", "shop/orders", "127.0.0.1:9001", "--admin", admin, "--token-file", file)
    assert ended.returncode == 1
    assert "role: Write" in ended.stderr


@pytest.mark.parametrize("command", [["wait"], ["drain", "--wait"]])
def test_a_time_that_is_none_is_a_wrong_command_line(command: list[str]) -> None:
    ended = weir("backends", *command, "shop/orders", "127.0.0.1:9001", "--timeout", "soon")
    assert ended.returncode == 2
    assert "a duration such as" in ended.stderr


def test_wait_says_what_it_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path) as (admin, _):
        there = weir("backends", "wait", "shop/orders", "127.0.0.1:9001", "--serving", "--admin", admin)
        gone = weir("backends", "wait", "shop/orders", "127.0.0.1:9002", "--admin", admin)
        never = weir("backends", "wait", "shop/orders", "127.0.0.1:9001", "--timeout", "100ms", "--admin", admin)
        unknown = weir("backends", "wait", "shop/orders", "nobody", "--admin", admin)
    assert (there.returncode, gone.returncode, never.returncode, unknown.returncode) == (0, 0, 3, 1)
    assert "takes requests after" in there.stdout
    assert "takes no request and has none in flight" in gone.stdout
    assert "still takes new requests" in never.stderr
