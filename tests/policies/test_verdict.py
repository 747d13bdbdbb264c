"""Verdicts carry what the gateway needs to carry them out."""

from __future__ import annotations

from policies.verdict import Answer, Ask, Delay, Denial


def test_a_denial_keeps_its_reason_apart_from_what_the_client_sees() -> None:
    denial = Denial(401, "no token", [b"www-authenticate: Bearer\r\n"])
    assert (denial.status, denial.reason, denial.lines) == (401, "no token", (b"www-authenticate: Bearer\r\n",))


def test_an_answer_has_no_body_unless_told() -> None:
    assert (Answer(204).lines, Answer(204).body) == ((), b"")


def test_waits_say_for_what() -> None:
    assert Delay(0.5).seconds == 0.5
    assert (Ask("who?").question, Ask("who?").step) == ("who?", None)
