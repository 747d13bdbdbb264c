"""The HTTP/1 codec under every split and mutation, and against two other parsers."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.codec.http1 import Http1ClientCodec, Http1ServerCodec
from gateway.errors import ProtocolError, UpstreamProtocolError
from gateway.hot.head import RequestHead, ResponseHead
from gateway.hot.limits import HeadLimits
from tests.props.differences import WEIR_REFUSES, WEIR_TAKES
from tests.props.messages import LIMITS, h11_refuses, httptools_refuses, mutated, outcome, pieces, requests
from tests.support.heads import forwarded

BOUNDED = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@BOUNDED
@given(st.data())
def test_any_split_gives_the_same_events(data: st.DataObject) -> None:
    raw = data.draw(st.one_of(requests(), mutated()))
    whole, whole_refused = outcome([raw])
    cut = data.draw(pieces(raw))
    singly = [raw[i : i + 1] for i in range(len(raw))]
    split, split_refused = outcome(cut)
    octets, octets_refused = outcome(singly)
    if whole_refused:
        # An error withholds the events of the same bytes; what came in earlier pieces was handed on before.
        for seen, refused, parts in ((split, split_refused, cut), (octets, octets_refused, singly)):
            if not refused:
                # A head that is not whole is judged at its end: nothing of it was handed on, and nothing will be.
                assert seen == [] and outcome([*parts, b"\r\n\r\n"]) == ([], True)
    else:
        assert not split_refused and not octets_refused
        assert whole == split == octets


@BOUNDED
@given(st.binary(max_size=200), mutated())
def test_any_bytes_end_in_events_or_a_protocol_error(noise: bytes, nearly: bytes) -> None:
    for raw in (noise, nearly, nearly + noise):
        outcome([raw])


@BOUNDED
@given(
    st.sampled_from([b"GET", b"HEAD", b"CONNECT"]),
    st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 204 N\r\n", b"HTTP/1.0 200\r\n",
        b"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 404 N\r\n"]),
    st.sampled_from([b"", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: x\r\n"]),
    st.binary(max_size=20),
    st.integers(0, 60),
)  # fmt: skip
def test_any_answer_ends_in_events_or_an_upstream_error(
    method: bytes, start: bytes, line: bytes, rest: bytes, cut: int
) -> None:
    raw = start + line + b"\r\n" + rest
    codec = Http1ClientCodec(LIMITS)
    codec.expect(method)
    try:
        for part in (raw[:cut], raw[cut:]):
            codec.receive(part)
    except UpstreamProtocolError:
        assert not codec.keep_alive


@BOUNDED
@given(mutated())
def test_what_an_oracle_refuses_weir_refuses(raw: bytes) -> None:
    seen, refused = outcome([raw])
    complete = len(seen) >= 3
    if refused or not complete:
        return
    reason = httptools_refuses(raw)
    assert not reason or reason in WEIR_TAKES, f"httptools refuses {raw!r}: {reason}"
    # RFC 9112 2.2: a server should forgive one empty line before a request line, which h11 does not.
    assert not h11_refuses(raw.removeprefix(b"\r\n")), f"h11 refuses {raw!r}"


@BOUNDED
@given(mutated())
def test_what_weir_alone_refuses_is_on_the_list(raw: bytes) -> None:
    try:
        Http1ServerCodec(LIMITS).receive(raw)
    except ProtocolError as error:
        if not httptools_refuses(raw) and not h11_refuses(raw):
            assert any(re.search(rule, str(error)) for rule in WEIR_REFUSES), f"{error}: {raw!r}"


@pytest.mark.parametrize("rule", WEIR_REFUSES)
def test_each_refusal_on_the_list_is_weirs_alone(rule: str) -> None:
    _, witness = WEIR_REFUSES[rule]
    with pytest.raises(ProtocolError, match=rule):
        Http1ServerCodec(LIMITS).receive(witness)
    assert not httptools_refuses(witness) and not h11_refuses(witness)


@BOUNDED
@given(
    st.lists(
        st.sampled_from([b"A: 1", b"B:2 ", b"C: \xe4", b"Keep-Alive: 1", b"Connection: b", b"Upgrade: w"]), max_size=8
    )
)
def test_a_rendered_head_reads_back_as_the_same_fields(lines: list[bytes]) -> None:
    raw = b"".join(line + b"\r\n" for line in (b"GET / HTTP/1.1", b"Host: h", *lines)) + b"\r\n"
    head = Http1ServerCodec(HeadLimits()).receive(raw)[0]
    assert isinstance(head, RequestHead)
    gone = {b"connection", b"keep-alive", b"upgrade", b"c"} | ({b"b"} if b"Connection: b" in lines else set())
    again = Http1ServerCodec(HeadLimits()).receive(
        forwarded(head, b"PUT /x HTTP/1.1\r\n", frozenset({b"c"}), b"e: 1\r\n")
    )[0]
    assert isinstance(again, RequestHead)
    kept = [pair for pair in head.items() if pair[0].lower() not in gone]
    assert again.items() == [*kept, (b"e", b"1")]


def test_an_answer_head_is_no_request_head() -> None:
    codec = Http1ClientCodec(LIMITS)
    codec.expect(b"GET")
    assert isinstance(codec.receive(b"HTTP/1.1 204 N\r\n\r\n")[0], ResponseHead)
