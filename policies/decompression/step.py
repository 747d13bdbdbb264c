"""Which request bodies are unpacked."""

from __future__ import annotations

from config.resources.shaping import Decompression
from policies.decompression.decoders import decoders
from policies.decompression.unpacker import Unpacker
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject

_OF_THE_CODING = (b"content-digest", b"content-encoding", b"content-length", b"content-md5", b"digest", b"repr-digest")
"""Fields of the request that would be untrue of the body as the backend gets it."""


class DecompressionStep(Step):
    """Unpacks bodies of exactly one known coding within the bounds of `spec`."""

    name = "decompression"
    __slots__ = ("_decoders", "_max_bytes", "_max_ratio")

    def __init__(self, spec: Decompression) -> None:
        self._decoders = decoders()
        self._max_bytes = spec.max_bytes.bytes
        self._max_ratio = spec.max_ratio

    def decide(self, subject: Subject) -> None:
        codings = subject.head.get_all(b"content-encoding")
        if len(codings) != 1 or not subject.head.has_body:
            return
        make = self._decoders.get(codings[0].lower())
        if make is not None:
            subject.unpacker = Unpacker(make(), self._max_bytes, self._max_ratio)
            subject.request_drop.update(_OF_THE_CODING)
            subject.request_framing = b"transfer-encoding: chunked\r\n"


def compile_decompression(spec: Decompression, _: Environment) -> DecompressionStep:
    """Unpacks request bodies for endpoints that cannot."""
    return DecompressionStep(spec)
