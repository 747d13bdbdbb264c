"""Tests of what the service manager and the operating system are told."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

import pytest

from gateway.service_manager import (
    PidFileTaken,
    notify,
    raise_descriptor_limit,
    remove_pid_file,
    watchdog_interval_s,
    write_pid_file,
)


def test_tells_the_service_manager_where_there_is_one(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        assert notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert sock.recv(100) == b"READY=1"
        assert notify("RELOADING=1", {"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert sock.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert not notify("READY=1", {})


def test_the_watchdog_is_fed_in_half_its_time() -> None:
    assert watchdog_interval_s({"WATCHDOG_USEC": "3000000"}) == 1.5
    assert watchdog_interval_s({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_interval_s({}) is None


def test_a_limit_over_the_hard_one_is_cut_to_it() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        assert raise_descriptor_limit(hard + 1) == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_pid_file_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    file.write_text(str(os.getppid()))
    with pytest.raises(PidFileTaken):
        write_pid_file(file)
    remove_pid_file(file)
    assert file.exists()


def test_a_stale_pid_file_is_taken_over_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    file.write_text("999999999")
    write_pid_file(file)
    assert file.read_text() == f"{os.getpid()}\n"
    remove_pid_file(file)
    assert not file.exists()
