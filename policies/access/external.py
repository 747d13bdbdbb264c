"""Access by what a server says that is asked about each request, as `auth_request` and `forwardAuth` of others are."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from config.resources.access import ExternalAccess
from config.resources.scalars import FRAMING
from config.snapshot import WeightedBackend
from policies.access.memo import Memo
from policies.access.questions import Authorize, Authorized, NotAuthorized
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict

KEPT = 10_000
"""Answers that are remembered per policy and process."""
_PASSED_BACK = (b"www-authenticate", b"location", b"set-cookie", b"retry-after", b"cache-control")
"""Of a refusal: what a client needs to come back with more."""
_ALWAYS = frozenset((b"host", b"authorization"))
_NEVER = frozenset(name.encode() for name in FRAMING) | {b"expect", b"x-forwarded-for"}
"""What is about the message or the connection, not about who asks; the address of the client is Weir's to say."""


class ExternalStep(Step):
    """Asks an endpoint of `backend`: 2xx lets in, 3xx and 4xx are the client's answer, anything else is a failure.

    After a failure the request is refused (503), or goes on where `onFailure` says so. Where the backend does not
    resolve nobody comes in (500), whatever `onFailure` says.
    """

    name = "access.external"
    __slots__ = ("_backend", "_goes_on", "_kept", "_kept_s", "_memo_key", "_spec", "_wanted")

    def __init__(self, spec: ExternalAccess, backend: WeightedBackend, memo_key: bytes) -> None:
        """`memo_key` is drawn at random, 32 octets, once per process: what is kept is of no use without it."""
        self._spec = spec
        self._backend = backend
        self._memo_key = memo_key
        self._wanted = frozenset(name.lower().encode() for name in spec.request_headers) | _ALWAYS
        self._goes_on = tuple(name.lower().encode() for name in spec.response_headers)
        self._kept_s = spec.cache.seconds
        self._kept: Memo[Authorized] = Memo(KEPT)

    def decide(self, subject: Subject) -> Verdict | None:
        """Asks Authorize where the answer is not kept."""
        if self._backend.backend is None:
            return Denial(500, self._backend.problem)
        try:
            question = self._question(self._backend.backend, subject)
        except UnicodeDecodeError:
            # It cannot be put to the server as it is, and must not come in by that.
            return Denial(400, "a header is not UTF-8")
        if self._kept_s:
            kept = self._kept.get(self._digest(question), subject.now_s)
            if kept is not None:
                return self._judge(subject, kept)
        return Ask(question)

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        """`answer` is an Authorized or a NotAuthorized."""
        if isinstance(answer, NotAuthorized):
            return self._failed(answer.reason)
        assert isinstance(answer, Authorized) and self._backend.backend is not None
        if answer.status < 200 or answer.status >= 500:
            return self._failed(f"the authorizer said {answer.status}")
        if self._kept_s:
            digest = self._digest(self._question(self._backend.backend, subject))
            self._kept.put(digest, answer, subject.now_s + self._kept_s)
        return self._judge(subject, answer)

    def _question(self, backend: str, subject: Subject) -> Authorize:
        head = subject.head
        fields = [
            (name.decode("ascii"), value.decode("utf-8"))
            for name, value in head.items()
            if (lower := name.lower()) not in _NEVER and (not self._spec.request_headers or lower in self._wanted)
        ]
        fields.append(("x-forwarded-for", subject.address))
        query = f"?{head.query.decode('ascii')}" if head.query else ""
        target = f"{self._spec.path.removesuffix('/')}{head.path.decode('ascii')}{query}"
        return Authorize(backend, head.method.decode("ascii"), target, fields, self._spec.timeout.seconds)

    def _digest(self, question: Authorize) -> bytes:
        """Of all that the server is told."""
        asked = blake2b(key=self._memo_key, digest_size=32)
        for part in (question.method, question.target, *(text for field in question.fields for text in field)):
            octets = part.encode()
            asked.update(len(octets).to_bytes(4, "big") + octets)
        return asked.digest()

    def _judge(self, subject: Subject, answer: Authorized) -> Verdict | None:
        if answer.status >= 300:
            lines = [b"%b: %b\r\n" % field for field in answer.fields if field[0] in _PASSED_BACK]
            return Denial(answer.status, f"the authorizer said {answer.status}", lines)
        for name in self._goes_on:
            values = _values(answer.fields, name)
            # One that the server leaves out is not the client's to say.
            subject.request_drop.add(name)
            subject.request_lines += [b"%b: %b\r\n" % (name, value) for value in values]
        return None

    def _failed(self, reason: str) -> Verdict | None:
        return None if self._spec.on_failure == "Allow" else Denial(503, reason)


def _values(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for found, value in fields if found == name]
