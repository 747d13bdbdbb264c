"""What compression makes of the head of an answer, and when its body goes out."""

from __future__ import annotations

import pytest

from config.resources.shaping import Compression
from policies.compression.step import Encoded, compile_compression
from policies.subject import Subject
from tests.support.browser_rules import Fields, fields_of
from tests.support.decoders import decoder
from tests.support.heads import answer
from tests.support.subjects import environment, subject

HTML = b"Content-Type: text/html"
LENGTH = b"Content-Length: 5000"


def reshaped(
    *lines: bytes, accept: str | None = "gzip", status: int = 200, held: str = ""
) -> tuple[Encoded | None, Subject]:
    step = compile_compression(Compression(), environment())
    asked = subject(*[f"Accept-Encoding: {accept}"] * (accept is not None), *[f"If-None-Match: {held}"] * bool(held))
    step.decide(asked)
    assert asked.reshapers == [step]
    return step.reshape(asked, answer(*lines, status=status)), asked


def told(asked: Subject) -> Fields:
    return fields_of(asked.response_lines)


@pytest.mark.parametrize(("accept", "coding"), [("gzip", b"gzip"), ("gzip, br", b"br"), ("zstd, br, gzip", b"zstd")])
def test_the_head_names_the_coding_and_loses_what_would_be_untrue(accept: str, coding: bytes) -> None:
    change, asked = reshaped(HTML, LENGTH, accept=accept)
    assert change is not None
    assert change.length == -1
    assert told(asked) == {b"vary": [b"accept-encoding"], b"content-encoding": [coding]}
    assert {b"content-length", b"accept-ranges", b"content-digest", b"repr-digest"} <= asked.response_drop
    encoded = change.feed(b"hello ") + change.feed(b"there") + change.finish()
    assert decoder(coding)(encoded) == b"hello there"


@pytest.mark.parametrize("accept", [None, "", "identity", "gzip;q=0", "deflate"])
def test_a_client_that_takes_no_coding_gets_the_body_and_caches_are_told(accept: str | None) -> None:
    change, asked = reshaped(HTML, LENGTH, b'ETag: "a"', accept=accept)
    assert change is None
    assert told(asked) == {b"vary": [b"accept-encoding"]}
    assert asked.response_drop == set()


def test_what_nobody_gets_encoded_is_left_alone() -> None:
    change, asked = reshaped(b"Content-Type: image/png", LENGTH, b'ETag: "a"')
    assert (change, asked.response_lines, asked.response_drop) == (None, [], set())


@pytest.mark.parametrize(
    ("vary", "added"),
    [(b"Accept-Encoding", False), (b"Origin, accept-encoding", False), (b"*", False), (b"Origin", True)],
)
def test_vary_is_said_once(vary: bytes, *, added: bool) -> None:
    _, asked = reshaped(HTML, LENGTH, b"Vary: " + vary)
    assert (b"vary" in told(asked)) is added


@pytest.mark.parametrize(("tag", "sent"), [(b'"a"', b'W/"a"'), (b'W/"a"', None)])
def test_a_strong_tag_becomes_weak(tag: bytes, sent: bytes | None) -> None:
    _, asked = reshaped(HTML, LENGTH, b"ETag: " + tag)
    assert told(asked).get(b"etag") == (None if sent is None else [sent])
    assert (b"etag" in asked.response_drop) is (sent is not None)


@pytest.mark.parametrize(
    ("held", "weak"), [('W/"a"', True), ('"b", W/"a"', True), ('"a"', False), ("", False), ("*", False)]
)
def test_a_304_has_the_tag_that_the_client_holds(held: str, *, weak: bool) -> None:
    change, asked = reshaped(b'ETag: "a"', status=304, held=held)
    assert change is None
    assert told(asked) == ({b"etag": [b'W/"a"'], b"vary": [b"accept-encoding"]} if weak else {})


def test_parts_of_a_body_of_unknown_length_do_not_wait() -> None:
    change, _ = reshaped(HTML)
    assert change is not None
    decode = decoder(b"gzip")
    for part in (b"data: 1\n\n", b"data: 2\n\n"):
        assert decode(change.feed(part) + change.flush()) == part
        assert change.flush() == b"", "nothing was said since"


def test_parts_of_a_body_of_known_length_are_gathered() -> None:
    change, _ = reshaped(HTML, LENGTH)
    assert change is not None
    change.feed(b"data: 1\n\n")
    assert change.flush() == b""


def test_the_policy_chooses_codings_and_their_order() -> None:
    step = compile_compression(Compression(algorithms=("gzip", "br"), level=19), environment())
    for accept, coding in (("zstd, br, gzip", b"gzip"), ("zstd, br", b"br"), ("zstd", None)):
        asked = subject(f"Accept-Encoding: {accept}")
        change = step.reshape(asked, answer(HTML, LENGTH))
        assert told(asked).get(b"content-encoding") == (None if coding is None else [coding])
        assert coding is None or (change is not None and decoder(coding)(change.feed(b"x" * 99) + change.finish()))
