"""Session persistence of an HTTPRoute: requests of one session go to one endpoint (Gateway API, `sessionPersistence`).

A session is kept by the client, in a cookie or a header, and by nobody else: a token that says since when, and where,
enciphered and signed, so that nobody reads an address out of it or puts one in (AES-SIV, RFC 5297).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from config.snapshot import RouteSession
from policies.cookies import give_cookie
from policies.expressions.values import Cookie, Header
from policies.step import Step
from policies.subject import Subject

KEY_BYTES = 64
MAX_TOKEN_BYTES = 1024
"""Longer ones are not Weir's."""


class Session:
    """The session of one request: it is at `place` (`address:port`) of `backend`; both "" where there is none yet."""

    __slots__ = ("_terms", "backend", "place")

    def __init__(self, terms: SessionStep, backend: str, place: str) -> None:
        self._terms = terms
        self.backend = backend
        self.place = place

    def settle(self, subject: Subject, backend: str, place: str) -> None:
        """Its endpoint has answered: where that is another than before, the client is told of it."""
        if (backend, place) != (self.backend, self.place):
            self.backend, self.place = backend, place
            self._terms.give(subject, backend, place)


class SessionStep(Step):
    """Reads the session of a request; one that is no token, is of another rule or too old is none."""

    name = "sessionPersistence"
    __slots__ = ("_bound", "_cipher", "_reader", "_spec")

    def __init__(self, spec: RouteSession, rule: str, key: bytes) -> None:
        """`rule` names whose sessions these are; `key` is secret, KEY_BYTES long, and the same on every worker."""
        self._spec = spec
        self._bound = [rule.encode()]
        self._cipher = AESSIV(key)
        self._reader = Header(spec.name.lower().encode("ascii")) if spec.header else Cookie(spec.name)

    def decide(self, subject: Subject) -> None:
        subject.session = Session(self, *self._opened(subject))

    def give(self, subject: Subject, backend: str, place: str) -> None:
        """A token for the client, from now on."""
        spec, text = self._spec, f"{int(subject.now_s)}\n{backend}\n{place}"
        token = urlsafe_b64encode(self._cipher.encrypt(text.encode(), self._bound)).rstrip(b"=").decode("ascii")
        if spec.header:
            subject.set_response_field(spec.name.lower().encode("ascii"), token.encode("ascii"))
        else:
            max_age_s = spec.absolute_timeout_s if spec.permanent else None
            give_cookie(subject, spec.name, token, spec.path, max_age_s)

    def _opened(self, subject: Subject) -> tuple[str, str]:
        """Backend and place of the token of `subject`; twice "" where it has none that holds."""
        found = self._reader.read(subject)
        token = found.decode("latin-1") if isinstance(found, bytes) else found
        if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN_BYTES:
            return "", ""
        try:
            sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            text = self._cipher.decrypt(sealed, self._bound).decode()
        except (NotBase64, ValueError, InvalidTag):
            return "", ""
        since, backend, place = text.split("\n")
        limit_s = self._spec.absolute_timeout_s
        if limit_s and subject.now_s >= int(since) + limit_s:
            return "", ""
        return backend, place
