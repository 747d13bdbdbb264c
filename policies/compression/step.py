"""Compression of answers: which coding an answer gets, what its head says then, and its body on the way."""

from __future__ import annotations

from collections.abc import Callable

from config.resources.shaping import Compression
from policies.compression.coders import Coder, coder
from policies.compression.eligibility import Eligibility
from policies.compression.negotiation import choose
from policies.environment import Environment
from policies.reshaping import AnswerHead, BodyChange
from policies.step import Step
from policies.subject import Subject

_OF_THE_OCTETS = (b"accept-ranges", b"content-digest", b"content-length", b"content-md5", b"digest", b"repr-digest")
"""Fields of the backend that would be untrue of the encoded body (RFC 9110 8.6, 14.3, RFC 9530)."""
_NOT_MODIFIED = 304


class Encoded(BodyChange):
    """A body through `coder`; with `streaming`, parts of it do not wait for those behind."""

    __slots__ = ("_coder", "_fed", "_streaming")

    def __init__(self, coder: Coder, *, streaming: bool) -> None:
        super().__init__()
        self._coder = coder
        self._streaming = streaming
        self._fed = False

    def feed(self, data: bytes) -> bytes:
        """What came out of the coder."""
        self._fed = True
        return self._coder.feed(data)

    def flush(self) -> bytes:
        """What the coder still has, where the end is not known to be near."""
        if not self._streaming or not self._fed:
            return b""
        self._fed = False
        return self._coder.flush()

    def finish(self) -> bytes:
        """The rest."""
        return self._coder.finish()


class CompressionStep(Step):
    """Encodes answers that `eligibility` covers by one of `coders`, those of most worth first."""

    name = "compression"
    __slots__ = ("_coders", "_eligibility", "_offered")

    def __init__(self, coders: dict[bytes, Callable[[], Coder]], eligibility: Eligibility) -> None:
        self._coders = coders
        self._offered = tuple(coders)
        self._eligibility = eligibility

    def decide(self, subject: Subject) -> None:
        subject.reshapers.append(self)

    def reshape(self, subject: Subject, answer: AnswerHead) -> Encoded | None:
        """The encoded body; for answers that another client would get encoded, `Vary` all the same."""
        if answer.status == _NOT_MODIFIED:
            _confirm(subject, answer)
            return None
        if not self._eligibility.covers(answer):
            return None
        _vary(subject, answer)
        coding = choose(subject.head.get_all(b"accept-encoding"), self._offered)
        if coding is None:
            return None
        _weaken_tag(subject, answer)
        subject.response_drop.update(_OF_THE_OCTETS)
        subject.response_lines.append(b"content-encoding: %b\r\n" % coding)
        return Encoded(self._coders[coding](), streaming=answer.content_length < 0)


def _confirm(subject: Subject, answer: AnswerHead) -> None:
    """Give a 304 the fields of the encoded answer that the client holds (RFC 9110 15.4.5), which its weak tag tells."""
    tag = answer.get(b"etag")
    if tag is not None and any(b"W/" + tag in held for held in subject.head.get_all(b"if-none-match")):
        _weaken_tag(subject, answer)
        _vary(subject, answer)


def _vary(subject: Subject, answer: AnswerHead) -> None:
    """Say that the client's Accept-Encoding counted (RFC 9110 12.5.5), where the backend does not."""
    told = b",".join(answer.get_all(b"vary")).lower().replace(b" ", b"").split(b",")
    if b"accept-encoding" not in told and b"*" not in told:
        subject.response_lines.append(b"vary: accept-encoding\r\n")


def _weaken_tag(subject: Subject, answer: AnswerHead) -> None:
    """A strong ETag means the same octets, which these are not any more (RFC 9110 8.8.1)."""
    tag = answer.get(b"etag")
    if tag is not None and not tag.startswith(b"W/"):
        subject.set_response_field(b"etag", b"W/" + tag)


def compile_compression(spec: Compression, _: Environment) -> CompressionStep:
    """Packs answers for clients that take it: gzip, brotli, zstd."""
    coders = {name.encode("ascii"): coder(name, spec.level) for name in spec.algorithms}
    return CompressionStep(coders, Eligibility(spec.types, spec.min_bytes.bytes))
