"""Tests of load at a fixed rate, against servers that stall, fail, or answer in pieces."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from benchmarks.open_loop import generator, parse, run
from benchmarks.wrk import LoadFailed

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
OUTPUT = (
    '{"requests": 100, "answered": 90, "unanswered": 3, "not_2xx": 2, "socket_errors": 7, "reconnects": 1, '
    '"answer_bytes": 9000, "seconds": 1.5, "p50_us": 100.5, "p99_us": 2000, "p999_us": 3000, "max_us": 4000, '
    '"lag_p99_us": 10, "lag_max_us": 20}'
)
pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler, as Weir's own build does")


@contextmanager
def server(answer: Callable[[socket.socket, bytes, int], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Calls `answer(connection, request, number)` for each request, in a thread per connection."""
    seen: list[bytes] = []
    lock = threading.Lock()
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            received = b""
            while part := connection.recv(65536):
                received += part
                while b"\r\n\r\n" in received:
                    head, _, received = received.partition(b"\r\n\r\n")
                    length = int(dict(_fields(head)).get(b"content-length", b"0"))
                    while len(received) < length:
                        received += connection.recv(65536)
                    with lock:
                        seen.append(head + b"\r\n\r\n" + received[:length])
                        number = len(seen) - 1
                    received = received[length:]
                    answer(connection, head, number)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/x?y=1", seen
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.lower(), value.strip()


def plain(connection: socket.socket, request: bytes, number: int) -> None:
    connection.sendall(ANSWER)


def test_figures_are_read_with_their_units() -> None:
    found = parse(OUTPUT)
    assert (found.p50_ms, found.max_ms, found.lag_max_ms) == (0.1005, 4.0, 0.02)
    assert found.errors == 12
    assert (found.load.requests, found.load.socket_errors, found.load.p999_ms) == (90, 10, 3.0)


def test_every_request_of_the_schedule_is_sent_and_counted() -> None:
    with server(plain) as (url, seen):
        found = run(url, 500, 0.4, 4, headers=["Host: a.example", "Cookie: b=c"])
    assert len(seen) == found.requests == found.answered == 200
    assert found.errors == 0
    assert found.answer_bytes == 200 * len(ANSWER)
    assert set(seen) == {b"GET /api/x?y=1 HTTP/1.1\r\nHost: a.example\r\nCookie: b=c\r\n\r\n"}
    # The last one is due after 199 of the 200 intervals, and none is sent before it is due.
    assert found.seconds >= 199 / 500
    assert found.p50_ms <= found.p99_ms <= found.p999_ms <= found.max_ms


def test_stall_shows_in_every_request_that_was_due_meanwhile() -> None:
    def stalls(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 0:
            time.sleep(0.3)
        connection.sendall(ANSWER)

    with server(stalls) as (url, _):
        found = run(url, 100, 0.5, 1)
    # Request i, of 50, is due after i * 10 ms: the first 30 wait for the stall's end, 300 - 10 * i ms each. A generator
    # that waits for its answers would have a single slow one, and a median of next to nothing.
    assert found.errors == 0
    assert found.max_ms >= 300
    assert found.p50_ms >= 50


def test_answer_in_pieces_is_put_together() -> None:
    def pieces(connection: socket.socket, request: bytes, number: int) -> None:
        for at in range(len(ANSWER)):
            connection.sendall(ANSWER[at : at + 1])

    with server(pieces) as (url, _):
        found = run(url, 50, 0.2, 2)
    assert (found.answered, found.errors, found.answer_bytes) == (10, 0, 10 * len(ANSWER))


def test_body_goes_with_each_request() -> None:
    body = bytes(range(256)) * 1024
    with server(plain) as (url, seen):
        found = run(url, 50, 0.2, 2, method="POST", body=body)
    assert found.errors == 0
    assert [each.partition(b"\r\n\r\n")[2] for each in seen] == [body] * 10


def test_connection_that_the_server_closes_after_an_answer_is_replaced() -> None:
    def closes(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        connection.shutdown(socket.SHUT_RDWR)

    with server(closes) as (url, seen):
        found = run(url, 100, 0.2, 2)
    assert (len(seen), found.answered, found.errors) == (20, 20, 0)


def test_failures_are_counted_by_their_sort() -> None:
    def fails(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 3:
            connection.sendall(ANSWER.replace(b"200 OK", b"502 Bad"))
        elif number == 7:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            connection.sendall(ANSWER)

    with server(fails) as (url, _):
        found = run(url, 100, 0.2, 1)
    assert (found.not_2xx, found.socket_errors, found.unanswered) == (1, 1, 0)
    assert found.answered == 19


def test_requests_without_an_answer_count_with_the_time_that_they_waited() -> None:
    def silent(connection: socket.socket, request: bytes, number: int) -> None:
        if number < 5:
            connection.sendall(ANSWER)

    with server(silent) as (url, seen):
        found = run(url, 100, 0.2, 1, grace_s=0.1)
    # One connection: the sixth request is on it for ever, the rest cannot be sent.
    assert len(seen) == 6
    assert (found.answered, found.unanswered, found.errors) == (5, 15, 15)
    assert found.max_ms >= 250


def test_more_bytes_than_the_answer_has_are_a_failure() -> None:
    def lies(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(ANSWER + b"!")

    with server(lies) as (url, _):
        found = run(url, 100, 0.1, 1)
    assert (found.socket_errors, found.answered) == (10, 0)


def test_nobody_there_is_a_failed_load() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(LoadFailed, match="refused"):
        run(f"http://127.0.0.1:{port}/", 10, 0.1, 1)


def test_answer_of_unknown_length_is_a_failed_load() -> None:
    def until_close(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nyes")

    with server(until_close) as (url, _), pytest.raises(LoadFailed, match="Content-Length"):
        run(url, 10, 0.1, 1)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "http://10.0.0.1:1/", "http://127.0.0.1/"])
def test_load_goes_to_this_machine_only(url: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
        run(url, 1, 1, 1)


def test_generator_is_compiled_once() -> None:
    file = generator()
    stamp = file.stat().st_mtime_ns
    assert generator() == file
    assert file.stat().st_mtime_ns == stamp
