"""What a form makes of bytes, in values that two forms, or two ways to cut the same bytes, can be compared by."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.hot.limits import HeadLimits
from tests.fuzz.forms import Form

LIMITS = HeadLimits(header_bytes=4096, header_count=30, uri_bytes=1024)
"""Low, so that a fuzzer gets over each."""

DROPPED = (frozenset[bytes](), frozenset({b"host", b"x-forwarded-for"}))
"""The fields that `render` is told to leave out."""

Fact = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error that ended the parsing: class and words, the status that it asks for, the bound that was passed."""

    kind: str
    reason: str
    status: int
    limit: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`facts` of all events, body parts joined; `refusal` None where the bytes were taken; `left`: the state behind."""

    facts: tuple[Fact, ...]
    refusal: Refusal | None
    left: Fact

    @property
    def messages(self) -> int:
        """How many messages are complete."""
        return sum(fact[0] == "end" for fact in self.facts)


def of_requests(form: Form, parts: Iterable[bytes]) -> Outcome:
    """A connection that sends `parts`, each request answered at once."""
    codec = form.http1.Http1ServerCodec(LIMITS)

    def receive(part: bytes, events: list[Any]) -> None:
        more = codec.receive(part)
        events += more
        while more and isinstance(more[-1], form.http1.EndOfMessage):
            more = codec.next_message()
            events += more

    facts, refusal = _gather(form, receive, parts)
    left: Fact = (codec.buffered,)
    if refusal is None:
        left += _refused_at_end(form, codec.receive_eof)
    return Outcome(facts, refusal, left)


def of_answers(form: Form, method: bytes, parts: Iterable[bytes], eof: bool) -> Outcome:
    """An endpoint that sends `parts` to one request with `method`, and closes where `eof`."""
    codec = form.http1.Http1ClientCodec(LIMITS)
    codec.expect(method)
    ended = False

    def receive(part: bytes, events: list[Any]) -> None:
        nonlocal ended
        if ended:
            # Behind the end in a segment of its own it is refused, in the same one dropped: the answer stands.
            try:
                codec.receive(part)
            except form.errors.UpstreamProtocolError:
                return
            raise AssertionError(f"{part!r} behind the end of an answer was taken")
        more = codec.receive(part)
        ended = any(isinstance(event, form.http1.EndOfMessage) for event in more)
        events += more

    facts, refusal = _gather(form, receive, parts)
    left: Fact = (codec.trailing_data(), codec.keep_alive)
    if refusal is None and eof and not ended:
        closing: list[Any] = []
        left += _refused_at_end(form, lambda: closing.extend(codec.receive_eof()))
        facts = (*facts, *_facts(form, closing))
    return Outcome(facts, refusal, left)


def of_chunks(form: Form, parts: Iterable[bytes]) -> Outcome:
    """One chunked body that comes in `parts`."""
    scanner = form.chunk.ChunkScanner(LIMITS.header_bytes, LIMITS.header_count)
    behind: list[bytes] = []

    def receive(part: bytes, events: list[Any]) -> None:
        if scanner.done:
            behind.append(part)
            return
        pos = scanner.feed(part, 0, events)
        assert 0 <= pos <= len(part) and (scanner.done or pos == len(part)), f"stopped at {pos} of {part!r}"
        if scanner.done:
            behind.append(part[pos:])

    facts, refusal = _gather(form, receive, parts)
    return Outcome(facts, refusal, (bool(scanner.done), tuple(scanner.trailers), b"".join(behind)))


def _gather(
    form: Form, receive: Callable[[bytes, list[Any]], None], parts: Iterable[bytes]
) -> tuple[tuple[Fact, ...], Refusal | None]:
    events: list[Any] = []
    refusal = None
    for part in parts:
        try:
            receive(part, events)
        except form.errors.WeirError as error:
            refusal = _refusal(form, error)
            break
    return _facts(form, events), refusal


def _refused_at_end(form: Form, close: Callable[[], None]) -> Fact:
    try:
        close()
    except (form.errors.ClientGone, form.errors.UpstreamReset) as error:
        return (_refusal(form, error),)
    return (None,)


def _refusal(form: Form, error: Exception) -> Refusal:
    """Only what a peer does wrong may be said of what a peer sends. Raises AssertionError."""
    of_a_peer = (
        form.errors.ProtocolError,
        form.errors.ClientGone,
        form.errors.UpstreamProtocolError,
        form.errors.UpstreamReset,
    )
    assert isinstance(error, of_a_peer), f"{form.name}: {type(error).__name__}: {error}"
    return Refusal(type(error).__name__, str(error), error.status, getattr(error, "limit", ""))


def _facts(form: Form, events: Sequence[Any]) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    body: list[bytes] = []
    for event in events:
        if isinstance(event, bytes):
            assert event, "an empty body part"
            body.append(event)
            continue
        if body:
            facts.append(("body", b"".join(body)))
            body.clear()
        if isinstance(event, form.http1.EndOfMessage):
            facts.append(("end", tuple(event.trailers)))
        else:
            facts.append(_head_fact(form, event))
    if body:
        facts.append(("body", b"".join(body)))
    return tuple(facts)


def _head_fact(form: Form, head: Any) -> Fact:
    """All that can be read of a head, and what it is forwarded as."""
    items = head.items()
    names = sorted({name.lower() for name, _ in items} | {b"host", b"x-none"})
    return (
        type(head).__name__,
        tuple((name, getattr(head, name)) for name in _public(type(head))),
        tuple(items),
        tuple((name, head.get(name), tuple(head.get_all(name))) for name in names),
        tuple(_forwarded(form, head, line, drop) for line in (b"START\r\n", b"") for drop in DROPPED),
    )


def _forwarded(form: Form, head: Any, line: bytes, drop: frozenset[bytes]) -> bytes:
    out = form.writer.HeadWriter()
    head.copy_to(out, line, drop)
    return bytes(out.take())


_PUBLIC: dict[type, tuple[str, ...]] = {}


def _public(kind: type) -> tuple[str, ...]:
    """The public attributes that hold data, in either form: slots, or read-only members of a C struct."""
    if kind not in _PUBLIC:
        data = (types.MemberDescriptorType, types.GetSetDescriptorType, property)
        _PUBLIC[kind] = tuple(
            name for name in dir(kind) if not name.startswith("_") and isinstance(getattr(kind, name), data)
        )
    return _PUBLIC[kind]
