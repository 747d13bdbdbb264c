"""Which answers are compressed at all, whatever the client takes."""

from __future__ import annotations

from collections.abc import Sequence

from policies.reshaping import AnswerHead

_AS_THEY_ARE = frozenset((204, 205, 206, 304))
"""Without a body, or with a part of one, whose place is counted in the octets of the backend."""


class Eligibility:
    """Answers of the media types `types` (`text/*` and `*/*` too) with `min_bytes` octets or an unknown length."""

    __slots__ = ("_any", "_min_bytes", "_ranges", "_types")

    def __init__(self, types: Sequence[str], min_bytes: int) -> None:
        lower = [each.lower().encode("latin-1", "replace") for each in types]
        self._any = b"*/*" in lower
        self._ranges = frozenset(each[:-1] for each in lower if each.endswith(b"/*"))
        self._types = frozenset(lower)
        self._min_bytes = max(1, min_bytes)

    def covers(self, answer: AnswerHead) -> bool:
        """Whether `answer` may be encoded: RFC 9110 7.7 leaves alone what says `no-transform`."""
        if answer.status in _AS_THEY_ARE or 0 <= answer.content_length < self._min_bytes:
            return False
        if answer.get(b"content-encoding") is not None or answer.get(b"content-range") is not None:
            return False
        return self._is_of_type(answer.get(b"content-type")) and not _is_kept(answer)

    def _is_of_type(self, value: bytes | None) -> bool:
        if value is None:
            return False
        media_type = value.partition(b";")[0].strip(b" \t").lower()
        main, slash, _ = media_type.partition(b"/")
        return self._any or media_type in self._types or main + slash in self._ranges


def _is_kept(answer: AnswerHead) -> bool:
    values = b",".join(answer.get_all(b"cache-control")).lower().split(b",")
    return any(value.strip(b" \t") == b"no-transform" for value in values)
