"""The step that keeps a client on the backendRef that its key drew."""

from __future__ import annotations

from policies.split_on.step import compile_split_on
from tests.policies.test_sticky import keys
from tests.support.subjects import environment, subject


def test_it_notes_the_key_of_the_request() -> None:
    step = compile_split_on(tuple(keys({"header": "x-user"})), environment())
    assert step is not None
    asking = subject("X-User: alice")
    step.decide(asking)
    assert asking.split_key == b"alice"


def test_a_request_without_the_key_has_none() -> None:
    step = compile_split_on(tuple(keys({"header": "x-user"})), environment())
    assert step is not None
    asking = subject()
    step.decide(asking)
    assert asking.split_key is None


def test_no_keys_ask_for_nothing() -> None:
    assert compile_split_on((), environment()) is None
