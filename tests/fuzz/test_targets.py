"""The targets notice what they are there for: each test plants a defect in one form and sees it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.fuzz import oracles
from tests.fuzz.forms import Form, source_form
from tests.fuzz.targets import answers, chunks, requests

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def source() -> Form:
    return source_form()


def with_server(source: Form, receive: Callable[[Any, bytes], list[Any]]) -> Form:
    """The form with a server codec whose `receive` is another."""
    codec = type("Planted", (source.http1.Http1ServerCodec,), {"__slots__": (), "receive": receive})
    return dataclasses.replace(source, name="planted", http1=module_with(source.http1, Http1ServerCodec=codec))


def module_with(module: ModuleType, **changed: object) -> ModuleType:
    """A copy of a module in which some names are other things."""
    copy = ModuleType(module.__name__)
    vars(copy).update({**vars(module), **changed})
    return copy


@pytest.mark.parametrize(
    "data", [b"", GET, POST, CHUNKED, GET + POST + CHUNKED + GET, b"GET / HTTP/1.1\nHost: h\r\n\r\n"]
)
def test_what_is_right_passes(source: Form, data: bytes) -> None:
    requests((source, source), data)


def test_a_start_line_that_is_too_long_may_be_refused_before_its_end(source: Form) -> None:
    requests((source, source), b"\r\n" + b"c=d; " * 700 + b"\r\n")


def test_the_body_of_a_request_to_upgrade_is_read(source: Form) -> None:
    requests((source,), POST.replace(b"Content", b"Connection: Upgrade\r\nUpgrade: w\r\nContent"))


@pytest.mark.parametrize("trailer", [b"Content-Length: 3", b"Transfer-Encoding: chunked"])
def test_a_trailer_that_would_frame_is_a_reviewed_difference(source: Form, trailer: bytes) -> None:
    requests((source,), CHUNKED[:-2] + trailer + b"\r\n\r\n")
    answers((source,), b"\0\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailer + b"\r\n\r\n")


def test_answers_that_are_right_pass(source: Form) -> None:
    for sent in (b"HTTP/1.1 200 OK\r\n\r\nrest", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", b"ICY"):
        for chosen in (b"\0\0", b"\0\1", b"\1\1", b"\2\0"):
            answers((source,), chosen + sent)


def test_two_forms_that_differ_are_found(source: Form) -> None:
    def receive(codec: Any, data: bytes) -> list[Any]:
        return list(source.http1.Http1ServerCodec.receive(codec, data.replace(b"abc", b"abd")))

    with pytest.raises(AssertionError, match="differ"):
        requests((source, with_server(source, receive)), POST)


def test_an_outcome_that_depends_on_the_cuts_is_found(source: Form) -> None:
    def receive(codec: Any, data: bytes) -> list[Any]:
        return list(source.http1.Http1ServerCodec.receive(codec, data.replace(b"abc", b"abd")))

    with pytest.raises(AssertionError, match="in \\["):
        requests((with_server(source, receive),), POST)


def test_another_error_than_the_peers_is_found(source: Form) -> None:
    def receive(codec: Any, data: bytes) -> list[Any]:
        raise source.errors.InternalError("a defect")

    with pytest.raises(AssertionError, match="InternalError"):
        requests((with_server(source, receive),), GET)
    with pytest.raises(ZeroDivisionError):
        requests((with_server(source, lambda codec, data: [1 // 0]),), GET)


def test_a_message_that_an_oracle_refuses_or_reads_otherwise_is_found(source: Form) -> None:
    def lax(codec: Any, data: bytes) -> list[Any]:
        return list(source.http1.Http1ServerCodec.receive(codec, data.replace(b"?", b":")))

    with pytest.raises(AssertionError, match="httptools refuses"):
        requests((with_server(source, lax),), GET[:-2] + b"X? 1\r\n\r\n")

    def deaf(codec: Any, data: bytes) -> list[Any]:
        return list(source.http1.Http1ServerCodec.receive(codec, data.replace(b"h", b"i")))

    with pytest.raises(AssertionError, match="httptools reads"):
        requests((with_server(source, deaf),), GET)


def test_a_refusal_of_weir_alone_that_nobody_reviewed_is_found(source: Form) -> None:
    def strict(codec: Any, data: bytes) -> list[Any]:
        raise source.errors.ProtocolError("it is Tuesday")

    with pytest.raises(AssertionError, match="Weir alone refuses"):
        requests((with_server(source, strict),), GET)
    assert not oracles.refusal_needs_review("a bad Host (RFC 9112 3.2)")


def test_a_chunked_body_that_does_not_encode_to_itself_is_found(source: Form) -> None:
    chunk = module_with(source.chunk, encode_chunk=lambda data: b"1\r\nx\r\n")
    body = b"3\r\nabc\r\n0\r\nA: b\r\n\r\n"
    chunks((source,), body)
    with pytest.raises(AssertionError):
        chunks((dataclasses.replace(source, chunk=chunk),), body)
