"""Tests of `weir echo` as a process."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.support.weir_command import Echo, weir


def test_says_where_it_listens_and_ends_at_a_signal() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with Echo("--name", "a") as echo:
            assert echo.first_line == f"a listens on 127.0.0.1:{echo.port}"
            assert echo.ask("GET", "/")["name"] == "a"
            echo.signal(number)
            assert echo.ended() == (0, "", "")


def test_is_named_by_its_port_when_not_told() -> None:
    with Echo() as echo:
        assert echo.ask("GET", "/")["name"] == f"echo-{echo.port}"


def test_a_port_that_is_taken_is_one_line_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = weir("echo", "--port", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}: " in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--consul", "http://127.0.0.1:8500"],
        ["--service", "orders"],
        ["--tag", "a"],
        ["--advertise", "10.0.0.1"],
        ["--consul", "ftp://x", "--service", "orders"],
    ],
)
def test_options_that_make_no_sense_alone_are_a_wrong_command_line(arguments: list[str]) -> None:
    ended = weir("echo", "--port", "0", *arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith("weir: error: ")
