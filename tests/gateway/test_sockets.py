"""Tests of listening sockets."""

from __future__ import annotations

import socket

import pytest

from config.snapshot import Port
from gateway.sockets import ListeningSockets, PortUnavailable, drop_new_clients, listening_socket
from tests.support.supervised import free_port


def port(number: int) -> Port:
    return Port("127.0.0.1", number, "HTTP", ())


def test_each_worker_gets_a_socket_of_its_own_that_stays_over_reloads() -> None:
    number, sockets = free_port(), ListeningSockets(2)
    assert sockets.open_missing([port(number)]) == (port(number).key,)
    before = [sockets.of_worker(index)[port(number).key].fileno() for index in range(2)]
    assert len(set(before)) == 2
    assert sockets.open_missing([port(number)]) == ()
    assert [sockets.of_worker(index)[port(number).key].fileno() for index in range(2)] == before
    assert sockets.close_others(()) == (port(number).key,)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_in_use_is_named_and_none_of_the_set_is_opened(workers: int) -> None:
    with listening_socket("127.0.0.1", 0, shared=True) as taken:
        number = taken.getsockname()[1]
        free = free_port()
        sockets = ListeningSockets(workers)
        with pytest.raises(PortUnavailable, match=f"127.0.0.1:{number}: another program has the port"):
            sockets.open_missing([port(free), port(number)])
        assert sockets.keys == frozenset()
        socket.create_server(("127.0.0.1", free)).close()


def test_an_address_of_another_machine_is_told_apart() -> None:
    with pytest.raises(PortUnavailable, match="does not have the address"):
        listening_socket("192.0.2.1", 0, shared=False)


def test_no_address_takes_ipv4_clients() -> None:
    with (
        listening_socket("", 0, shared=False) as sock,
        socket.create_connection(("127.0.0.1", sock.getsockname()[1]), timeout=5),
    ):
        pass


def test_a_socket_that_drops_new_clients_keeps_those_that_it_has() -> None:
    with listening_socket("127.0.0.1", 0, shared=False) as sock:
        address = sock.getsockname()
        with socket.create_connection(address, timeout=5) as early:
            drop_new_clients(sock)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.2)
            accepted, _ = sock.accept()
            with accepted:
                early.sendall(b"x")
                accepted.settimeout(5)
                assert accepted.recv(1) == b"x"
            with pytest.raises(BlockingIOError):
                sock.accept()
