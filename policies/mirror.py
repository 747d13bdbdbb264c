"""Which requests are copied to a mirror backend (Gateway API HTTPRequestMirrorFilter)."""

from __future__ import annotations

from config.snapshot import Mirror as MirrorFilter


class Mirror:
    """A RequestMirror filter: `backend` is None where its reference does not resolve, and nothing is copied."""

    __slots__ = ("_denominator", "_numerator", "backend")

    def __init__(self, filter_: MirrorFilter) -> None:
        self.backend = filter_.backend
        self._numerator = filter_.numerator
        self._denominator = filter_.denominator

    def takes(self, draw: float) -> bool:
        """Whether a request is copied; `draw` is uniform in [0, 1)."""
        return draw * self._denominator < self._numerator
