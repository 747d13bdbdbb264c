"""Which request bodies are taken whole, and within which bounds."""

from __future__ import annotations

from config.resources.shaping import Buffering
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial


class BodyRoom:
    """Room for one body: `max_bytes` in all, `memory_bytes` of them in memory."""

    __slots__ = ("max_bytes", "memory_bytes")

    def __init__(self, max_bytes: int, memory_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.memory_bytes = memory_bytes

    def refusal(self, length: int) -> Denial | None:
        """That of a body of `length` octets; None where there is room."""
        if length <= self.max_bytes:
            return None
        return Denial(413, f"the body has more than {self.max_bytes} bytes")


class BufferingStep(Step):
    """Asks for `room` for each request that has a body."""

    name = "buffering"
    __slots__ = ("_room",)

    def __init__(self, room: BodyRoom) -> None:
        self._room = room

    def decide(self, subject: Subject) -> Denial | None:
        """413 where the body is announced to be too long; one that is unpacked has another length than that."""
        if not subject.head.has_body:
            return None
        subject.body_room = self._room
        return self._room.refusal(subject.head.content_length) if subject.unpacker is None else None


def compile_buffering(spec: Buffering, _: Environment) -> BufferingStep:
    """Takes request bodies whole before an endpoint is asked."""
    return BufferingStep(BodyRoom(spec.max_bytes.bytes, spec.memory_bytes.bytes))
