"""What a policy says of a request when it does not simply let it go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.step import Step


class Verdict:
    """Base of what follows; `None` in its place lets the request go on."""

    __slots__ = ()


class Denial(Verdict):
    """The request is refused with `status`; `reason` is for the log alone, `lines` (each with CRLF) for the client."""

    __slots__ = ("lines", "reason", "status")

    def __init__(self, status: int, reason: str, lines: Sequence[bytes] = ()) -> None:
        self.status = status
        self.reason = reason
        self.lines = tuple(lines)


class Answer(Verdict):
    """The request is answered in the backend's place; `lines` are whole header lines, without content-length."""

    __slots__ = ("body", "lines", "status")

    def __init__(self, status: int, lines: Sequence[bytes] = (), body: bytes = b"") -> None:
        self.status = status
        self.lines = tuple(lines)
        self.body = body


class Delay(Verdict):
    """The request goes on to the next policy after `seconds`."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Ask(Verdict):
    """The policy must know something first: `question` is a type that the gateway has an answer for.

    The answer is given to `Step.resume` of `step`, the one that gave this verdict, and what that says counts then.
    """

    __slots__ = ("question", "step")

    def __init__(self, question: object, step: Step | None = None) -> None:
        self.question = question
        self.step = step
