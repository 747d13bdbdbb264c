"""The two clocks of the data path: monotonic time for durations, unix time for dates and logs.

Compiled with the types of `clock.pxd`: it is read several times per request, and the system's call alone costs a tenth
of one through Python. Tests hand in one of their own.
"""

from __future__ import annotations

import cython  # type: ignore[import-untyped]

if not cython.compiled:
    from time import monotonic_ns as read_monotonic_ns
    from time import time as read_unix_s


class Clock:
    """The system's."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some moment, never less than before."""
        return read_monotonic_ns()

    def unix_s(self) -> float:
        """Seconds since 1970-01-01 00:00 UTC."""
        return read_unix_s()
