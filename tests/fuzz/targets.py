"""The fuzz targets: what must hold of any bytes, whoever thought of them. Each raises AssertionError where it does not.

Used by the coverage-guided run (`make fuzz`) and, over the kept corpus, by the normal tests. What policies are given is
in `policy_targets.py`; every target of the parsers, here, holds that
the bytes end in events or in an error that blames the peer, that any split gives the same, and that the compiled form
and the source agree in every fact and every word.
"""

from __future__ import annotations

import importlib
import itertools
import zlib
from collections.abc import Callable, Sequence

from tests.fuzz import oracles
from tests.fuzz.forms import Form
from tests.fuzz.outcomes import LIMITS, Outcome, of_answers, of_chunks, of_requests

METHODS = (b"GET", b"HEAD", b"CONNECT")
"""What an answer may be to: the three for which its framing differs (RFC 9112 6.3)."""

SINGLY_BYTES = 200
"""Inputs up to this length are also given octet by octet."""

Run = Callable[[Form, Sequence[bytes]], Outcome]
Target = Callable[["Forms", bytes], None]
Forms = tuple[Form, ...]
"""The form under test first, then those that it must agree with."""


def requests(forms: Forms, data: bytes) -> None:
    """`data` is what a client sends on one connection."""
    whole = _agreed(forms, data, of_requests)
    if whole.refusal is not None and whole.messages == 0:
        reason = whole.refusal.reason
        if not whole.refusal.limit and oracles.refusal_needs_review(reason):
            blame = oracles.httptools_refuses_request(data) or oracles.h11_refuses_request(data)
            assert blame, f"Weir alone refuses {data!r}: {reason}"
        return
    if whole.messages:
        oracles.judge_request(data, whole)


def answers(forms: Forms, data: bytes) -> None:
    """Two octets choose what is asked and whether the endpoint closes at the end; the rest is what it sends."""
    if len(data) < 2:
        return
    method, eof, sent = METHODS[data[0] % len(METHODS)], bool(data[1] & 1), data[2:]
    whole = _agreed(forms, sent, lambda form, parts: of_answers(form, method, parts, eof))
    if whole.refusal is None and whole.messages:
        oracles.judge_answer(method, sent, whole, eof=eof)


def chunks(forms: Forms, data: bytes) -> None:
    """`data` is a chunked body; what was read of it, encoded again, reads as the same."""
    whole = _agreed(forms, data, of_chunks)
    if whole.refusal is not None or not whole.left[0]:
        return
    form = forms[0]
    body = b"".join(part for _, part in whole.facts if isinstance(part, bytes))
    trailers = whole.left[1]
    assert isinstance(trailers, tuple)
    again = (form.chunk.encode_chunk(body) if body else b"") + form.chunk.encode_last_chunk(trailers)
    if len(again) <= LIMITS.header_bytes:
        read = of_chunks(form, [again])
        assert (read.facts, read.refusal, read.left[:2]) == (whole.facts, None, whole.left[:2]), again


_JSON = ("policies/access/base64url.py", "policies/access/json_object.py", "policies/access/key_set.py")
POLICY_TARGETS: dict[str, tuple[str, ...]] = {
    "baggage": ("policies/tags/baggage.py",),
    "tokens": (*_JSON, "policies/access/signed_token.py", "policies/access/claims.py"),
    "keys": _JSON,
    "passwords": ("policies/access/htpasswd.py", "policies/access/credential_file.py"),
    "basic": ("policies/access/basic.py",),
    "endpoint": ("policies/steering/endpoint_header.py", "config/resources/scalars.py"),
    "encodings": ("policies/compression/negotiation.py",),
    "bodies": (
        "policies/compression/coders.py",
        "policies/decompression/decoders.py",
        "policies/decompression/unpacker.py",
    ),
    "expressions": ("config/expressions/", "policies/expressions/library.py", "policies/expressions/lowering.py"),
}
"""The functions of `tests/fuzz/policy_targets.py`, and the sources that each is about: none has a compiled form."""


def _of_policies(name: str) -> Target:
    """Imported at the first input, so that a guided run can watch the import."""

    def target(_: Forms, data: bytes) -> None:
        getattr(importlib.import_module("tests.fuzz.policy_targets"), name)(data)

    return target


TARGETS: dict[str, Target] = {
    "requests": requests,
    "answers": answers,
    "chunks": chunks,
    **{name: _of_policies(name) for name in POLICY_TARGETS},
}


def _agreed(forms: Forms, data: bytes, run: Run) -> Outcome:
    """The outcome of the whole, once every form and split agrees with it."""
    first, *others = forms
    pieces = _pieces(data)
    whole, split = run(first, [data] if data else []), run(first, pieces)
    for other in others:
        assert run(other, [data] if data else []) == whole, f"{first.name} and {other.name} differ"
        assert run(other, pieces) == split, f"{first.name} and {other.name} differ in pieces"
    _same_in_pieces(first, whole, split, pieces, run)
    if len(data) <= SINGLY_BYTES:
        octets = [data[at : at + 1] for at in range(len(data))]
        _same_in_pieces(first, whole, run(first, octets), octets, run)
    return whole


def _same_in_pieces(form: Form, whole: Outcome, split: Outcome, pieces: Sequence[bytes], run: Run) -> None:
    if whole.refusal is None and split.refusal is not None and split.refusal.limit:
        # A line that is too long may be seen to be before its end, where its end is not there yet.
        assert run(form, [b"".join(pieces), b"\r\n\r\n"]).refusal is not None, f"refused in {pieces!r}"
        assert split.facts == whole.facts, f"other events in {pieces!r}"
        return
    if whole.refusal is None:
        assert split == whole, f"another outcome in {pieces!r}"
        return
    # An error withholds the events of its own segment: earlier segments may have handed on more, never anything else.
    _begins_with(split.facts, whole.facts, pieces)
    if split.refusal is None:
        # A head is judged once it is whole: nothing of it was handed on, and nothing will be.
        ended = run(form, [*pieces, b"\r\n\r\n"])
        assert ended.refusal is not None and ended.facts == split.facts, f"taken in {pieces!r}"


def _begins_with(facts: Sequence[tuple[object, ...]], start: Sequence[tuple[object, ...]], pieces: object) -> None:
    assert len(facts) >= len(start), f"fewer events in {pieces!r}"
    for index, (one, other) in enumerate(zip(facts, start, strict=False)):
        if index == len(start) - 1 and one[0] == other[0] == "body":
            one_body, other_body = one[1], other[1]
            assert isinstance(one_body, bytes) and isinstance(other_body, bytes)
            assert one_body.startswith(other_body), f"another body in {pieces!r}"
        else:
            assert one == other, f"other events in {pieces!r}"


def _pieces(data: bytes) -> list[bytes]:
    """`data` cut in up to six places that only it decides, so that an input always takes the same way."""
    random = zlib.crc32(data)
    cuts = set()
    for _ in range(1 + random % 6):
        random = (random * 1103515245 + 12345) & 0x7FFFFFFF
        cuts.add((random >> 8) % (len(data) + 1))
    edges = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if start < end]
