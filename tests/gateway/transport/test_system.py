"""The uncompiled system calls: what the kernel says, and its errors as negative numbers, as in C."""

from __future__ import annotations

import errno
import os
import select
import socket

from gateway.transport import system


def test_octets_go_in_pieces_and_come_back() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        assert system.send_piece(theirs.fileno(), b"abc", 1) == 2
        assert system.send_pieces(theirs.fileno(), [b"def", b"gh"], 2) == 3
        buffer = system.new_buffer(4)
        assert system.receive(ours.fileno(), buffer, 4) == 4
        assert system.octets_in(buffer, 3) == b"bcf"
        assert system.receive(ours.fileno(), buffer, 4) == 1
        assert system.receive(ours.fileno(), buffer, 4) == -errno.EAGAIN
        assert system.end_sending(theirs.fileno()) == 0
        assert system.receive(ours.fileno(), buffer, 4) == 0
        system.free_buffer(buffer)


def test_one_call_takes_a_bounded_number_of_pieces() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert system.send_pieces(ours.fileno(), [b"x"] * (system.PIECES + 1), 0) == system.PIECES


def test_errors_are_negative_numbers() -> None:
    closed = os.dup(0)
    system.close_descriptor(closed)
    system.close_descriptor(closed)
    buffer = system.new_buffer(1)
    assert system.receive(closed, buffer, 1) == -errno.EBADF
    assert system.send_piece(closed, b"x", 0) == -errno.EBADF
    assert system.send_pieces(closed, [b"x"], 0) == -errno.EBADF
    with socket.socket() as sock:
        assert system.end_sending(sock.fileno()) == -errno.ENOTCONN
        assert system.accept_next(sock.fileno(), []) == -errno.EINVAL


def test_a_client_is_accepted_with_its_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        names: list[object] = []
        assert system.accept_next(listening.fileno(), names) == -errno.EAGAIN  # type: ignore[arg-type]
        with socket.create_connection(listening.getsockname()) as client:
            descriptor = system.accept_next(listening.fileno(), names)  # type: ignore[arg-type]
            assert names == [client.getsockname()]
            assert not os.get_blocking(descriptor)
            assert not os.get_inheritable(descriptor)
            system.close_descriptor(descriptor)


def test_a_set_reports_descriptors_with_their_generation() -> None:
    epoll = system.open_epoll()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ready = system.new_ready(4)
        number = ours.fileno()
        assert system.change_in_epoll(epoll, number, select.EPOLLIN, 1) == -errno.ENOENT
        assert system.remove_from_epoll(epoll, number) == -errno.ENOENT
        assert system.add_to_epoll(epoll, number, select.EPOLLIN, 7) == 0
        assert system.add_to_epoll(epoll, number, select.EPOLLIN, 7) == -errno.EEXIST
        assert system.wait_epoll(epoll, ready, 4) == 0
        theirs.sendall(b"x")
        assert system.wait_epoll(epoll, ready, 4) == 1
        assert system.ready_descriptor(ready, 0) == number
        assert system.ready_generation(ready, 0) == 7
        assert system.ready_events(ready, 0) == select.EPOLLIN
        assert system.change_in_epoll(epoll, number, select.EPOLLOUT, 8) == 0
        assert system.wait_epoll(epoll, ready, 4) == 1
        assert system.ready_generation(ready, 0) == 8
        assert system.ready_events(ready, 0) == select.EPOLLOUT
        assert system.remove_from_epoll(epoll, number) == 0
        assert system.wait_epoll(epoll, ready, 4) == 0
        system.free_ready(ready)
    system.close_epoll(epoll)
