"""What a request body goes through before an endpoint gets it, where a policy has it unpacked or taken whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.codec.http1 import END
from gateway.http.spooled_body import SpooledBody
from policies.access.questions import BodyPrefix
from policies.decompression.unpacker import Unfit

if TYPE_CHECKING:
    from gateway.http.exchange import Exchange
    from gateway.http.mirroring import MirrorCopy
    from policies.buffering.step import BodyRoom
    from policies.decompression.unpacker import Unpacker


class Intake:
    """The body of one request; `spool` holds it where `room` says how much is taken whole."""

    __slots__ = ("_exchange", "_room", "_unpacker", "spool")

    def __init__(self, exchange: Exchange, unpacker: Unpacker | None, room: BodyRoom | None) -> None:
        self._exchange = exchange
        self._unpacker = unpacker
        self._room = room
        self.spool = SpooledBody(room.memory_bytes) if room is not None else None

    def take(self, data: bytes) -> bytes:
        """What goes on now of a further part of the body; b"" where that is nothing. Raises WeirError."""
        if self._unpacker is not None:
            try:
                data = self._unpacker.feed(data)
            except Unfit as error:
                raise self._exchange.refused(error.denial, "decompression") from None
        spool = self.spool
        if spool is None or self._room is None or not data:
            return data
        spool.append(data)
        denial = self._room.refusal(spool.length)
        if denial is not None:
            raise self._exchange.refused(denial, "buffering")
        self._exchange.downstream.count_unsent(spool.memory_bytes)
        return b""

    def end(self) -> None:
        """The client has sent all. Raises Refused where that is no whole body."""
        if self._unpacker is not None:
            try:
                self._unpacker.finish()
            except Unfit as error:
                raise self._exchange.refused(error.denial, "decompression") from None

    def beginning(self, bound: int) -> BodyPrefix | None:
        """The first `bound` octets of a body that was taken whole; None where it comes, and goes, in parts."""
        spool = self.spool
        if spool is None:
            return None
        spool.rewind()
        data = b""
        while len(data) < bound and (piece := spool.next_piece()):
            data += piece
        return BodyPrefix(data[:bound], whole=spool.length <= bound)

    def copy_to(self, takers: tuple[MirrorCopy, ...]) -> None:
        """Give a body that was taken whole to the copies of its request."""
        spool = self.spool
        if spool is None or not takers:
            return
        spool.rewind()
        while piece := spool.next_piece():
            for taker in takers:
                taker.body(piece)
        for taker in takers:
            taker.end(END)
