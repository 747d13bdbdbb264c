"""The targets of policies notice what they are there for: each test plants a defect and sees it found."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Callable

import pytest

from policies.access import htpasswd
from policies.access.basic import BasicStep
from policies.access.key_set import VerificationKey
from policies.decompression.unpacker import Unpacker
from policies.expressions.predicates import TRUE
from policies.steering import endpoint_header
from policies.tags import baggage as w3c
from tests.fuzz import policy_targets as targets


class _Always:
    """A predicate that holds for every request."""

    def test(self, _: object) -> int:
        return TRUE


def found(target: Callable[[bytes], None], data: bytes, error: type[Exception] = AssertionError) -> None:
    with pytest.raises(error):
        target(data)


def test_a_value_that_would_end_the_header_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.baggage(b"a\r\nset-cookie: b=c")
    monkeypatch.setattr(w3c, "encoded", str.encode)
    found(targets.baggage, b"a\r\nset-cookie: b=c")


def test_baggage_that_does_not_survive_its_way_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.baggage(b"weir.lane=a;ttl=3,b=c")
    monkeypatch.setattr(w3c, "write", lambda pairs, others: (b"b=d", 0))
    found(targets.baggage, b"weir.lane=a;ttl=3,b=c")


def test_a_forged_token_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = b"\1" + bytes((len(targets.GOOD) - 2, ord("A")))
    targets.tokens(b"\0" + targets.GOOD)
    targets.tokens(changed)
    monkeypatch.setattr(VerificationKey, "verify", lambda *_: True)
    found(targets.tokens, changed)


def test_another_error_than_a_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: bytes) -> None:
        raise RecursionError

    targets.keys(b"[" * 1000)
    monkeypatch.setattr(targets.KeySet, "parse", fails)
    found(targets.keys, b"[" * 1000, RecursionError)


def test_a_key_that_takes_any_signature_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    key = b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
    targets.keys(key)
    monkeypatch.setattr(VerificationKey, "verify", lambda *_: True)
    found(targets.keys, key)


def test_a_hash_that_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b"alice:$2b$31$" + b"." * 53
    targets.passwords(line)
    monkeypatch.setattr(htpasswd, "MAX_COST", 31)
    found(targets.passwords, line)


def test_somebody_let_in_without_a_question_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.basic(b64encode(b"alice:x"))
    monkeypatch.setattr(BasicStep, "_remembered", lambda *_: True)
    found(targets.basic, b64encode(b"alice:x"))


def test_an_endpoint_in_another_form_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.endpoint(b"[0::1]:080")
    monkeypatch.setattr(endpoint_header, "place", str)
    found(targets.endpoint, b"[0::1]:080")


def test_a_coding_that_nobody_wants_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.encodings(b"br;q=0, gzip;q=0")
    monkeypatch.setattr(targets, "choose", lambda *_: b"gzip")
    found(targets.encodings, b"br;q=0, gzip;q=0")


def test_a_body_past_its_bounds_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = b"\2" + gzip.compress(bytes(1 << 20))
    targets.bodies(bomb)
    monkeypatch.setattr(Unpacker, "_watch", lambda _: None)
    found(targets.bodies, bomb)


def test_a_predicate_that_says_other_than_the_library_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'request.path == "/nowhere"'
    targets.expressions(text)
    monkeypatch.setattr(targets, "lower", lambda _: _Always())
    found(targets.expressions, text)
