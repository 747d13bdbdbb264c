"""Tests of request bodies and of the origin that takes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h11
import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.placement import Cores
from benchmarks.scenarios.body_origin import CHUNKED_PATH, UPLOAD_PATH, body_origin, bytes_of, received
from benchmarks.scenarios.uploads import CHUNK_BYTES, Upload, request_bytes
from tests.support.programs import require_program

BODY = bytes_of(3 * CHUNK_BYTES + 1)


@pytest.mark.parametrize("chunked", [True, False])
def test_request_of_the_generator_is_one_whole_message(chunked: bool) -> None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(request_bytes("/api/x", BODY, chunked=chunked))
    assert isinstance(connection.next_event(), h11.Request)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert body == BODY
    assert connection.trailing_data == (b"", False)


def test_origin_says_how_much_it_received(tmp_path: Path) -> None:
    require_program("nginx")
    with body_origin(tmp_path, Cores.of_this_process()) as origin:
        task = Upload(tmp_path, UPLOAD_PATH, BODY, received(len(BODY)), chunked=False)
        task.check(origin.ports[0])
        with pytest.raises(WrongAnswer, match=received(len(BODY) - 1).decode()):
            replace(task, body=BODY[1:]).check(origin.ports[0])


def test_origin_takes_and_gives_chunks(tmp_path: Path) -> None:
    require_program("nginx")
    answer = bytes_of(100_000)
    with body_origin(tmp_path, Cores.of_this_process(), chunked=answer) as origin:
        task = Upload(tmp_path, CHUNKED_PATH, BODY, answer, chunked=True)
        task.check(origin.ports[0])
        with pytest.raises(WrongAnswer, match="100000 bytes"):
            replace(task, answer=answer[1:]).check(origin.ports[0])


@pytest.mark.slow
def test_load_by_wrk_is_counted(tmp_path: Path) -> None:
    require_program("nginx")
    require_program("wrk")
    cores = Cores.of_this_process()
    with body_origin(tmp_path, cores) as origin:
        task = Upload(tmp_path, UPLOAD_PATH, BODY, received(len(BODY)), chunked=True)
        assert task.load(origin.ports[0], 1, cores.load).requests > 0
