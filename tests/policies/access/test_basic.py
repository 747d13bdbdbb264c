"""Names and passwords: who gives the right one comes in, and nobody learns who there is."""

from __future__ import annotations

from base64 import b64encode

import bcrypt
import pytest

from config.resources.access import BasicAccess
from policies.access.basic import RIGHT_KEPT_S, WRONG_KEPT_S, BasicStep
from policies.access.htpasswd import PasswordFile
from policies.access.material import FixedMaterial
from policies.access.questions import CheckPassword, PasswordAnswer, PasswordChecked
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict
from tests.support.subjects import NOW_S, subject


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


HASHES = {"alice": hashed("wonder:land"), "J\u00fcrgen": hashed("gr\u00fc\u00dfe"), "empty": hashed("")}
CHALLENGE = b'www-authenticate: Basic realm="weir", charset="UTF-8"\r\n'


def credentials(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    return f"authorization: Basic {b64encode(data).decode()}"


class Door:
    """A step with its passwords; questions are answered by bcrypt, and counted."""

    def __init__(self, hashes: dict[str, str] | None = None, realm: str = "weir") -> None:
        self.passwords: FixedMaterial[PasswordFile] = FixedMaterial(PasswordFile(HASHES if hashes is None else hashes))
        self.step = BasicStep(BasicAccess(realm=realm, htpasswd_file="x"), self.passwords, b"k" * 32)
        self.asked: list[CheckPassword] = []

    def verdict(self, request: Subject) -> Verdict | None:
        verdict = self.step.decide(request)
        if isinstance(verdict, Ask):
            assert isinstance(verdict.question, CheckPassword)
            self.asked.append(verdict.question)
            right = bcrypt.checkpw(verdict.question.password, verdict.question.stored)
            answer = PasswordAnswer.RIGHT if right else PasswordAnswer.WRONG
            return self.step.resume(request, PasswordChecked(answer, verdict.question.stored))
        return verdict

    def refusal(self, request: Subject) -> Denial:
        verdict = self.verdict(request)
        assert isinstance(verdict, Denial)
        return verdict


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("alice:wonder:land", "alice"),
        ("J\u00fcrgen:gr\u00fc\u00dfe", "J\u00fcrgen"),
        ("Ju\u0308rgen:gru\u0308\u00dfe", "J\u00fcrgen"),
        ("empty:", "empty"),
    ],
)
def test_the_right_password_lets_a_user_in_and_does_not_go_on(text: str, user: str) -> None:
    request = subject(credentials(text))
    assert Door().verdict(request) is None
    assert request.identity == user
    assert request.request_drop == {b"authorization"}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "no password"),
        (("authorization: Bearer abc",), "no password"),
        (("authorization: Basic",), "no password"),
        ((credentials("alice:wonderland"),), "a wrong password of 'alice'"),
        ((credentials("alice:"),), "a wrong password of 'alice'"),
        ((credentials("bob:wonder:land"),), "no user 'bob'"),
        ((credentials("Alice:wonder:land"),), "no user 'Alice'"),
        ((credentials("alice"),), "not of RFC 7617"),
        ((credentials(":wonder:land"),), "not of RFC 7617"),
        ((credentials("alice:a\0"),), "not of RFC 7617"),
        ((credentials("al\nice:a"),), "not of RFC 7617"),
        ((credentials(b"J\xfcrgen:gr\xfc\xdfe"),), "not of RFC 7617"),
        (("authorization: Basic !!!!",), "not of RFC 7617"),
        (("authorization: Basic YTpi\u00e4",), "not of RFC 7617"),
        (("authorization: Basic YTpi YTpi",), "not of RFC 7617"),
        (("authorization: Basic YTpiY",), "not of RFC 7617"),
        ((credentials("alice:" + "x" * 73),), "more than 72 octets"),
        ((credentials("alice:wonder:land"), "authorization: Bearer x"), "two credentials"),
        ((credentials("alice:wonder:land"), credentials("alice:wonder:land")), "two credentials"),
    ],
)
def test_without_the_right_password_nobody_comes_in(lines: tuple[str, ...], reason: str) -> None:
    request = subject(*lines)
    denial = Door().refusal(request)
    assert (denial.status, denial.lines) == (401, (CHALLENGE,))
    assert reason in denial.reason and request.identity == ""


def test_the_scheme_is_compared_without_case() -> None:
    assert Door().verdict(subject(credentials("alice:wonder:land").replace("Basic", "bASIC  "))) is None


def test_unknown_users_look_like_known_ones() -> None:
    door = Door()
    answers = [door.refusal(subject(credentials(text))) for text in ("alice:x", "bob:x")]
    assert answers[0].status == answers[1].status and answers[0].lines == answers[1].lines
    costs = [question.stored[:7] for question in door.asked]
    assert costs == [b"$2b$04$", b"$2b$04$"]


def test_an_unknown_user_stays_out_whatever_the_answer_is() -> None:
    door = Door()
    request = subject(credentials("bob:x"))
    assert isinstance(door.step.decide(request), Ask)
    dummy = door.passwords.current.dummy if door.passwords.current else b""
    verdict = door.step.resume(request, PasswordChecked(PasswordAnswer.RIGHT, dummy))
    assert isinstance(verdict, Denial) and verdict.status == 401


def test_a_password_is_checked_once_for_a_time() -> None:
    door = Door()
    for _ in range(3):
        assert door.verdict(subject(credentials("alice:wonder:land"))) is None
        assert door.refusal(subject(credentials("alice:x"))).status == 401
        assert door.refusal(subject(credentials("bob:x"))).status == 401
    assert len(door.asked) == 3
    assert door.verdict(subject(credentials("alice:wonder:land"), now_s=NOW_S + RIGHT_KEPT_S)) is None
    assert door.refusal(subject(credentials("alice:x"), now_s=NOW_S + WRONG_KEPT_S)).status == 401
    assert len(door.asked) == 5


def test_what_is_remembered_ends_with_the_password() -> None:
    door = Door()
    assert door.verdict(subject(credentials("alice:wonder:land"))) is None
    door.passwords.current = PasswordFile({"alice": hashed("other")})
    assert door.refusal(subject(credentials("alice:wonder:land"))).status == 401
    assert door.verdict(subject(credentials("alice:other"))) is None
    door.passwords.current = PasswordFile({})
    assert door.refusal(subject(credentials("alice:other"))).reason == "no user 'alice'"


def test_an_answer_about_another_hash_does_not_count() -> None:
    door = Door()
    request = subject(credentials("alice:wonder:land"))
    asked = door.step.decide(request)
    assert isinstance(asked, Ask) and isinstance(asked.question, CheckPassword)
    door.passwords.current = PasswordFile({"alice": hashed("other")})
    verdict = door.step.resume(request, PasswordChecked(PasswordAnswer.RIGHT, asked.question.stored))
    assert isinstance(verdict, Denial) and verdict.status == 503
    assert door.refusal(subject(credentials("alice:wonder:land"))).status == 401


def test_too_many_checks_are_no_wrong_password() -> None:
    door = Door()
    request = subject(credentials("alice:wonder:land"))
    asked = door.step.decide(request)
    assert isinstance(asked, Ask) and isinstance(asked.question, CheckPassword)
    verdict = door.step.resume(request, PasswordChecked(PasswordAnswer.BUSY, asked.question.stored))
    assert isinstance(verdict, Denial) and (verdict.status, verdict.lines) == (503, (b"retry-after: 1\r\n",))
    assert door.verdict(subject(credentials("alice:wonder:land"))) is None


def test_without_the_file_nobody_comes_in() -> None:
    door = Door()
    door.passwords.current = None
    assert door.refusal(subject(credentials("alice:wonder:land"))).status == 503
    assert door.refusal(subject()).status == 401


def test_a_realm_is_quoted() -> None:
    denial = Door(realm='a "b" \\ c\r\nd').refusal(subject())
    assert denial.lines == (b'www-authenticate: Basic realm="a \\"b\\" \\\\ cd", charset="UTF-8"\r\n',)


def test_a_password_is_in_no_reason() -> None:
    assert "s3cret" not in Door().refusal(subject(credentials("alice:s3cret"))).reason
