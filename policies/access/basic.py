"""Access by user name and password (RFC 7617), the password checked against a bcrypt hash beside the traffic."""

from __future__ import annotations

import hmac
from base64 import b64decode
from unicodedata import normalize

from config.resources.access import BasicAccess
from policies.access.htpasswd import PasswordFile
from policies.access.material import Material
from policies.access.memo import Memo
from policies.access.questions import CheckPassword, PasswordAnswer, PasswordChecked
from policies.access.reasons import shown
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict

RIGHT_KEPT, RIGHT_KEPT_S = 4096, 300.0
WRONG_KEPT, WRONG_KEPT_S = 1024, 10.0
"""How many answers are kept, and for how long. The wrong ones have a place of their own, so that who guesses does not
push out those that are right."""
MAX_PASSWORD_BYTES = 72
"""bcrypt reads no further: whatever followed would count as right."""

_AUTHORIZATION = b"authorization"
_SCHEME = b"basic "
_LATER = (b"retry-after: 1\r\n",)


class BasicStep(Step):
    """Lets in who gives a user's password; the credentials do not go on.

    401 otherwise, 503 where the file has not been read so far, or where too many passwords are checked at once. Whether
    there is a user of that name is not to be seen from the answer, nor from its time.
    """

    name = "access.basic"
    __slots__ = ("_challenge", "_memo_key", "_passwords", "_right", "_wrong")

    def __init__(self, spec: BasicAccess, passwords: Material[PasswordFile], memo_key: bytes) -> None:
        """`memo_key` is drawn at random, 32 octets, once per process: what is kept is of no use without it."""
        quoted = "".join(
            f"\\{character}" if character in '"\\' else character for character in spec.realm if character.isprintable()
        )
        self._challenge = (f'www-authenticate: Basic realm="{quoted}", charset="UTF-8"\r\n'.encode(),)
        self._passwords = passwords
        self._memo_key = memo_key
        self._right: Memo[bool] = Memo(RIGHT_KEPT)
        self._wrong: Memo[bool] = Memo(WRONG_KEPT)

    def decide(self, subject: Subject) -> Verdict | None:
        """Asks CheckPassword where the answer is not kept."""
        return self._judge(subject, None)

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """`answer` is a PasswordChecked."""
        assert isinstance(answer, PasswordChecked)
        return self._judge(subject, answer)

    def _judge(self, subject: Subject, checked: PasswordChecked | None) -> Verdict | None:
        values = subject.head.get_all(_AUTHORIZATION)
        given = [value for value in values if value[: len(_SCHEME)].lower() == _SCHEME]
        if not given:
            return self._denial("no password")
        subject.request_drop.add(_AUTHORIZATION)
        if len(values) > 1:
            return self._denial("two credentials")
        credentials = _credentials(given[0][len(_SCHEME) :].strip(b" \t"))
        if credentials is None:
            return self._denial("credentials that are not of RFC 7617")
        user, password = credentials
        if len(password) > MAX_PASSWORD_BYTES:
            return self._denial(f"a password of more than {MAX_PASSWORD_BYTES} octets, which bcrypt does not read")
        passwords = self._passwords.current
        if passwords is None:
            return Denial(503, "the file of passwords is not read")
        found = passwords.stored(user)
        stored = found or passwords.dummy
        digest = self._digest(user, password, stored)
        if checked is None:
            right = self._remembered(digest, subject.now_s)
            if right is None:
                return Ask(CheckPassword(password, stored))
        elif checked.answer is PasswordAnswer.BUSY or checked.stored != stored:
            return Denial(503, "too many passwords are checked, or their file changed meanwhile", _LATER)
        else:
            right = checked.answer is PasswordAnswer.RIGHT
            memo, kept_s = (self._right, RIGHT_KEPT_S) if right else (self._wrong, WRONG_KEPT_S)
            memo.put(digest, right, subject.now_s + kept_s)
        if found is None or not right:
            return self._denial(f"a wrong password of {shown(user)}" if found else f"no user {shown(user)}")
        subject.identity = user
        return None

    def _denial(self, reason: str) -> Denial:
        return Denial(401, reason, self._challenge)

    def _remembered(self, digest: bytes, now_s: float) -> bool | None:
        right = self._right.get(digest, now_s)
        return self._wrong.get(digest, now_s) if right is None else right

    def _digest(self, user: str, password: bytes, stored: bytes) -> bytes:
        # With the hash in it, an answer ends with the password that it was about.
        return hmac.digest(self._memo_key, b"\0".join((user.encode("utf-8"), stored, password)), "sha256")


def _credentials(token: bytes) -> tuple[str, bytes] | None:
    """User and password (RFC 7617 2), in UTF-8 and Unicode's form C (RFC 8265); None for what is not."""
    try:
        text = b64decode(token, validate=True).decode("utf-8")
    except ValueError:
        return None
    user, colon, password = text.partition(":")
    if not colon or not user or any(character < " " or character == "\x7f" for character in text):
        return None
    return normalize("NFC", user), normalize("NFC", password).encode("utf-8")
