"""Passwords are checked beside the traffic, a bounded number of them at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import bcrypt
import pytest

from gateway.access.events import AccessEvent
from gateway.access.password_checks import PasswordChecks
from policies.access.htpasswd import PasswordFile
from policies.access.questions import CheckPassword, PasswordAnswer

STORED = bcrypt.hashpw(b"right", bcrypt.gensalt(4))


@pytest.fixture
def checks(events: Counter[AccessEvent]) -> Iterator[PasswordChecks]:
    checks = PasswordChecks(lambda event: events.update([event]), threads=1, max_underway=2)
    yield checks
    checks.close()


@pytest.mark.parametrize(
    ("password", "stored", "answer"),
    [
        (b"right", STORED, PasswordAnswer.RIGHT),
        (b"right", STORED.replace(b"$2b", b"$2y"), PasswordAnswer.RIGHT),
        (b"right", STORED.replace(b"$2b", b"$2a"), PasswordAnswer.RIGHT),
        (b"wrong", STORED, PasswordAnswer.WRONG),
        (b"", STORED, PasswordAnswer.WRONG),
        (b"x" * 72, STORED, PasswordAnswer.WRONG),
        (b"right", PasswordFile({"a": STORED.decode()}).dummy, PasswordAnswer.WRONG),
    ],
    ids=["right", "2y", "2a", "wrong", "empty", "longest", "dummy"],
)
async def test_answers_for_the_hash_that_was_asked_about(
    checks: PasswordChecks, password: bytes, stored: bytes, answer: PasswordAnswer
) -> None:
    checked = await checks.check(CheckPassword(password, stored))
    assert (checked.answer, checked.stored) == (answer, stored)


async def test_past_the_bound_it_says_that_it_is_busy(checks: PasswordChecks, events: Counter[AccessEvent]) -> None:
    questions = [CheckPassword(b"%d" % number, STORED) for number in range(4)]
    answers = [checked.answer for checked in await asyncio.gather(*map(checks.check, questions))]
    assert Counter(answers) == {PasswordAnswer.WRONG: 2, PasswordAnswer.BUSY: 2}
    assert events == {AccessEvent.PASSWORD_CHECKED: 2, AccessEvent.PASSWORDS_BUSY: 2}
    assert (await checks.check(questions[3])).answer is PasswordAnswer.WRONG, "there is room again"


async def test_the_same_question_at_once_is_one(checks: PasswordChecks, events: Counter[AccessEvent]) -> None:
    answers = await asyncio.gather(*(checks.check(CheckPassword(b"right", STORED)) for _ in range(10)))
    assert {checked.answer for checked in answers} == {PasswordAnswer.RIGHT}
    assert events == {AccessEvent.PASSWORD_CHECKED: 1}


async def test_a_request_that_ends_does_not_end_the_check_for_others(checks: PasswordChecks) -> None:
    first, second = (asyncio.ensure_future(checks.check(CheckPassword(b"right", STORED))) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).answer is PasswordAnswer.RIGHT


async def test_the_loop_goes_on_meanwhile(checks: PasswordChecks) -> None:
    dear = bcrypt.hashpw(b"right", bcrypt.gensalt(10))
    check = asyncio.ensure_future(checks.check(CheckPassword(b"right", dear)))
    turns = 0
    while not check.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5
