"""What becomes of the heads of a request that is explained: put together by the code that serves, and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from gateway.explanation import HeadChanges
from gateway.hot.head import RequestHead, scan_request, scan_response
from gateway.hot.request_ids import RequestIds
from gateway.hot.writer import HeadWriter
from gateway.http.forwarding import Peer, choose_request_id, recipe
from gateway.http.request_head import render_request
from gateway.http.response_head import ResponseFraming, render_response
from gateway.settings import Settings
from policies.chain import Plan, WeightedPlan
from policies.subject import Subject

NOT_TOLD = frozenset((b"host", b"x-request-id", b"connection", b"transfer-encoding"))
"""What is told elsewhere, is another each time, or frames the message."""
_FRAMING = frozenset((b"connection", b"content-length", b"date", b"transfer-encoding"))
_UNBOUNDED = 1 << 30
_DATE = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"


def request_changes(
    head: RequestHead, plan: Plan, choice: WeightedPlan, peer: Peer, settings: Settings, subject: Subject
) -> HeadChanges:
    """How the head that an endpoint of `choice` gets differs from the client's."""
    dropped = choice.request_drop | subject.request_drop
    ids = RequestIds(Random(0))  # noqa: S311 - told to nobody
    request_id = choose_request_id(head, peer, settings, ids)
    how = recipe(settings, dropped, choice.request_extra)
    sent = render_request(_writer(), head, plan, choice, how, peer, settings, b"http", request_id, subject)
    got = scan_request(sent, 0, _UNBOUNDED, _UNBOUNDED, _UNBOUNDED, _UNBOUNDED)
    assert got is not None
    return _changes(head.items(), got.items())


def response_changes(head: RequestHead, choice: WeightedPlan, settings: Settings, subject: Subject) -> HeadChanges:
    """How the head that the client gets differs from that of an endpoint which sends all fields that are dropped."""
    dropped = sorted((choice.response_drop | subject.response_drop) - _FRAMING)
    lines = b"".join(b"%b: of the endpoint\r\n" % name for name in dropped)
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n%b%b\r\n" % (_DATE, lines)
    told = scan_response(answer, 0, _UNBOUNDED, _UNBOUNDED, head.method)
    assert told is not None
    framing = ResponseFraming(head, told)
    sent = render_response(_writer(), told, framing, choice, settings.via, _DATE, subject)
    got = scan_response(sent, 0, _UNBOUNDED, _UNBOUNDED, head.method)
    assert got is not None
    return _changes(told.items(), got.items())


def own_answer(lines: Sequence[bytes], subject: Subject | None) -> HeadChanges:
    """The header lines that policies give an answer of Weir's own; `lines` are those of the one that answers."""
    if subject is not None:
        lines = [*lines, *subject.response_lines, *(line for _, line in subject.response_absent)]
    return _changes((), [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)])


def _writer() -> HeadWriter:
    writer = HeadWriter()
    writer.begin()
    return writer


def _changes(before: Iterable[tuple[bytes, bytes]], after: Iterable[tuple[bytes, bytes]]) -> HeadChanges:
    had, has = _by_name(before), _by_name(after)
    return HeadChanges(
        set={
            _text(name): _text(b", ".join(values))
            for name, values in has.items()
            if name not in NOT_TOLD and Counter(values) != Counter(had.get(name, ()))
        },
        removed=tuple(_text(name) for name in had if name not in has and name not in NOT_TOLD),
    )


def _by_name(fields: Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        found.setdefault(bytes(name).lower(), []).append(bytes(value))
    return found


def _text(octets: bytes) -> str:
    return octets.decode("latin-1")
