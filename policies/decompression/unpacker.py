"""The body of one request as it unfolds, with an eye on how much of it there is."""

from __future__ import annotations

from policies.decompression.decoders import Corrupt, Decoder
from policies.verdict import Denial

UNWATCHED_BYTES = 64 * 1024
"""What may come out whatever the ratio: a small body that says the same all the time is no bomb."""


class Unfit(Exception):
    """The body cannot go on; `denial` is what the client gets."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.reason)
        self.denial = denial


class Unpacker:
    """What `decoder` makes of a body, up to `max_bytes` and `max_ratio` times its length. Raises Unfit."""

    __slots__ = ("_decoder", "_in_bytes", "_max_bytes", "_max_ratio", "_out_bytes")

    def __init__(self, decoder: Decoder, max_bytes: int, max_ratio: int) -> None:
        self._decoder = decoder
        self._max_bytes = max_bytes
        self._max_ratio = max_ratio
        self._in_bytes = 0
        self._out_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """What comes out for `data`; often nothing."""
        self._in_bytes += len(data)
        pieces: list[bytes] = []
        try:
            for piece in self._decoder.decode(data):
                self._out_bytes += len(piece)
                self._watch()
                pieces.append(piece)
        except Corrupt as error:
            raise Unfit(Denial(400, f"the body is broken: {error}")) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> None:
        """The body is over."""
        if not self._decoder.ended:
            raise Unfit(Denial(400, "the body is cut short"))

    def _watch(self) -> None:
        if self._out_bytes > self._max_bytes:
            raise Unfit(Denial(413, f"the body unpacks to more than {self._max_bytes} bytes"))
        if self._out_bytes > max(UNWATCHED_BYTES, self._max_ratio * self._in_bytes):
            raise Unfit(Denial(413, f"the body unpacks to more than {self._max_ratio} times its length"))
