"""Answers of endpoints whose body a policy changes on its way: who asks for that, and what the gateway then does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from policies.subject import Subject


class AnswerHead(Protocol):
    """The head of an answer, as the scanner read it. Names are asked for in lower case."""

    @property
    def status(self) -> int: ...
    @property
    def content_length(self) -> int:
        """Octets of the body; -1 where it does not say."""

    def get(self, name: bytes, /) -> bytes | None:
        """The first field of that name."""

    def get_all(self, name: bytes, /) -> Sequence[bytes]:
        """All of them, in order."""


class BodyChange:
    """The body of one answer while it passes: `feed` and `finish` give what goes to the client in its place.

    `length` is its octets, -1 where they are not known before the end. `ends_early`: what follows of the endpoint's
    body changes nothing any more.
    """

    __slots__ = ("ends_early", "length")

    def __init__(self, length: int = -1) -> None:
        self.length = length
        self.ends_early = False

    def feed(self, data: bytes) -> bytes:
        """What `data`, a part of the endpoint's body, becomes; b"" where it is kept for now."""
        raise NotImplementedError

    def flush(self) -> bytes:
        """All that is kept, as the endpoint says nothing more for now."""
        return b""

    def finish(self) -> bytes:
        """The rest, once the endpoint's body is complete."""
        raise NotImplementedError


class Reshaper(Protocol):
    """A policy that may change the bodies of answers; a step puts itself into `subject.reshapers`."""

    def reshape(self, subject: Subject, answer: AnswerHead, /) -> BodyChange | None:
        """The change of the body of `answer`; what it means for the head is written to `subject`. None changes none."""


def body_change(subject: Subject, answer: AnswerHead) -> BodyChange | None:
    """That of the first of the subject's reshapers which has one."""
    for reshaper in subject.reshapers:
        change = reshaper.reshape(subject, answer)
        if change is not None:
            return change
    return None
