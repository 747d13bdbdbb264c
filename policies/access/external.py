"""Access by what a server says that is asked about each request, as `auth_request` and `forwardAuth` of others are."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from config.resources.scalars import FRAMING
from config.snapshot import WeightedBackend
from policies.access.external_terms import ExternalTerms
from policies.access.memo import Memo
from policies.access.questions import Authorize, Authorized, BodyPrefix, FirstOctets, NotAuthorized
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict

KEPT = 10_000
"""Answers that are remembered per step and process."""
PARTIAL = "x-weir-partial-body"
"""Tells the server whether it sees but the beginning of a body, as `x-envoy-auth-partial-body` does."""
_PASSED_BACK = (b"www-authenticate", b"location", b"set-cookie", b"retry-after", b"cache-control")
"""Of a refusal: what a client needs to come back with more."""
_NEVER = frozenset(name.encode() for name in FRAMING) | {b"expect", b"x-forwarded-for", PARTIAL.encode()}
"""What is about the message or the connection, not about who asks; the client's address is Weir's to say."""
_NOT_COPIED = _NEVER | {
    b"host",
    b"date",
    b"server",
    b"via",
    b"forwarded",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-request-id",
    b"baggage",
}
"""Of an answer of which all goes on: what is about that answer, or what Weir itself says to backends."""
_OF_CONTENT = b"content-"
"""Begins the names of fields about the body of an answer (RFC 9110 8), which would be untrue of the request's."""
_NO_BODY = BodyPrefix(b"", whole=True)


class ExternalStep(Step):
    """Asks an endpoint of `backend`: 2xx lets in, 3xx and 4xx are the client's answer, anything else is a failure.

    After a failure the request is refused (503), or goes on where the terms say so. Where the backend does not resolve
    nobody comes in (500), whatever they say.
    """

    __slots__ = ("_backend", "_kept", "_memo_key", "_terms", "name")

    def __init__(self, terms: ExternalTerms, backend: WeightedBackend, memo_key: bytes) -> None:
        """`memo_key` is drawn at random, 32 octets, once per process: what is kept is of no use without it."""
        self.name = terms.name
        self._terms = terms
        self._backend = backend
        self._memo_key = memo_key
        self._kept: Memo[Authorized] = Memo(KEPT)

    def decide(self, subject: Subject) -> Verdict | None:
        """Asks FirstOctets where the server sees some of the body, else as `resume`."""
        if self._backend.backend is None:
            return Denial(500, self._backend.problem)
        bound = self._terms.body_bytes
        if not bound or not subject.head.has_body:
            return self._asked(self._backend.backend, subject)
        if self._terms.whole_bodies and subject.head.content_length > bound:
            return self._too_long()
        return Ask(FirstOctets(bound))

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """After a BodyPrefix asks Authorize where the answer is not kept; else it is an Authorized or NotAuthorized."""
        assert self._backend.backend is not None
        if isinstance(answer, BodyPrefix):
            if self._terms.whole_bodies and not answer.whole:
                return self._too_long()
            subject.body_prefix = answer
            return self._asked(self._backend.backend, subject)
        if isinstance(answer, NotAuthorized):
            return self._failed(answer.reason)
        assert isinstance(answer, Authorized)
        if answer.status < 200 or answer.status >= 500:
            return self._failed(f"the authorizer said {answer.status}")
        if self._terms.kept_s:
            digest = self._digest(self._question(self._backend.backend, subject))
            self._kept.put(digest, answer, subject.now_s + self._terms.kept_s)
        return self._judge(subject, answer)

    def _asked(self, backend: str, subject: Subject) -> Verdict | None:
        try:
            question = self._question(backend, subject)
        except UnicodeDecodeError:
            # It cannot be put to the server as it is, and must not come in by that.
            return Denial(400, "a header is not UTF-8")
        if self._terms.kept_s:
            kept = self._kept.get(self._digest(question), subject.now_s)
            if kept is not None:
                return self._judge(subject, kept)
        return Ask(question)

    def _question(self, backend: str, subject: Subject) -> Authorize:
        head, terms = subject.head, self._terms
        fields = [
            (name.decode("ascii"), value.decode("utf-8"))
            for name, value in head.items()
            if (lower := name.lower()) not in _NEVER and (terms.sent is None or lower in terms.sent)
        ]
        if terms.tells_address:
            fields.append(("x-forwarded-for", subject.address))
        body = _NO_BODY
        if terms.body_bytes and head.has_body:
            assert subject.body_prefix is not None
            body = subject.body_prefix
        if terms.body_bytes and not terms.whole_bodies:
            fields.append((PARTIAL, "false" if body.whole else "true"))
        query = f"?{head.query.decode('ascii')}" if head.query else ""
        target = f"{terms.path}{head.path.decode('ascii')}{query}"
        return Authorize(backend, head.method.decode("ascii"), target, fields, terms.timeout_s, body.data)

    def _digest(self, question: Authorize) -> bytes:
        """Of all that the server is told."""
        asked = blake2b(key=self._memo_key, digest_size=32)
        texts = (question.method, question.target, *(text for field in question.fields for text in field))
        for octets in (*(text.encode() for text in texts), question.body):
            asked.update(len(octets).to_bytes(8, "big"))
            asked.update(octets)
        return asked.digest()

    def _judge(self, subject: Subject, answer: Authorized) -> Verdict | None:
        if answer.status >= 300:
            lines = [b"%b: %b\r\n" % field for field in answer.fields if field[0] in _PASSED_BACK]
            return Denial(answer.status, f"the authorizer said {answer.status}", lines)
        if self._terms.only_200 and answer.status != 200:
            return Denial(403, f"the authorizer said {answer.status}, and 200 alone lets in")
        names = _all_of(answer.fields) if self._terms.goes_on is None else self._terms.goes_on
        for name in names:
            values = _values(answer.fields, name)
            # One that the server leaves out is not the client's to say.
            subject.unset_request_field(name)
            subject.request_lines += [b"%b: %b\r\n" % (name, value) for value in values]
        return None

    def _too_long(self) -> Denial:
        return Denial(413, f"the body has more than the {self._terms.body_bytes} bytes that the authorizer is sent")

    def _failed(self, reason: str) -> Verdict | None:
        return None if self._terms.fails_open else Denial(503, reason)


def _values(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for found, value in fields if found == name]


def _all_of(fields: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
    """The names of those that go on where none are listed, without what holds for the connection (RFC 9110 7.6.1)."""
    named = {name.strip().lower() for value in _values(fields, b"connection") for name in value.split(b",")}
    return [
        name
        for name in dict.fromkeys(name for name, _ in fields)
        if name not in _NOT_COPIED and name not in named and not name.startswith(_OF_CONTENT)
    ]
