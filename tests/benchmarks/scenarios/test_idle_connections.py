"""Tests of holding connections, with nginx as the proxy."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.origin import Origin
from benchmarks.placement import Cores
from benchmarks.proxies import KINDS, Proxy
from benchmarks.scenarios.idle_connections import ask, fitting, kib_per_connection
from tests.support.programs import require_program


def test_counts_are_cut_to_half_of_the_descriptors() -> None:
    assert fitting((1_000, 10_000), 65_536) == [1_000, 10_000]
    assert fitting((1_000, 10_000), 20_000) == [1_000, 9_900]
    assert fitting((1_000, 10_000), 1_024) == [412]


@pytest.mark.slow
def test_memory_of_held_connections_is_found(tmp_path: Path) -> None:
    require_program("nginx")
    cores = Cores.of_this_process()
    with (
        Origin(tmp_path, cores.load) as origin,
        Proxy(KINDS["nginx"], tmp_path / "nginx", cores.proxy, origin_port=origin.ports[0]) as proxy,
    ):
        assert 0 < kib_per_connection(proxy, 500) < 100


def test_close_instead_of_an_answer_is_wrong() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        there.shutdown(socket.SHUT_WR)
        with pytest.raises(WrongAnswer, match="200 OK"):
            ask(here)


def test_another_status_with_the_same_body_is_wrong() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n" + Origin.small_body(0))
        with pytest.raises(WrongAnswer, match="502"):
            ask(here)
