"""Looking at a socket that belongs to somebody else."""

from __future__ import annotations

import os
import socket

import pytest

from gateway.transport.view import SocketView, borrowed


def test_a_borrowed_descriptor_stays_open() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with borrowed(ours.fileno()) as sock:
            sock.sendall(b"x")
        with pytest.raises(ArithmeticError), borrowed(ours.fileno()):
            raise ArithmeticError
        os.fstat(ours.fileno())
        assert theirs.recv(1) == b"x"


def test_names_and_options_are_the_sockets_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as sock:
        view = SocketView(sock.fileno())
        assert view.fileno() == sock.fileno()
        assert view.getsockname() == sock.getsockname()
        assert view.getpeername() == listening.getsockname()
        view.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        assert view.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        with pytest.raises(OSError, match="not connected"):
            SocketView(listening.fileno()).getpeername()
