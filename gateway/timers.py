"""A coarse timer wheel: thousands of timeouts at the price of one `call_later`, moved later for one store each.

Timeouts of connections are set on every request and almost never fire. So a `Timer` only remembers its deadline; the
wheel looks at it when its old bucket comes up and puts it into the bucket of the new deadline then (lazy cascading, as
in the kernel's hashed wheels: Varghese and Lauck 1987, scheme 6). A timer fires up to two ticks late; early only by as
long as the loop itself had stalled when it was set.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import cython  # type: ignore[import-untyped]

TICK_S = 0.1
_TICKS_PER_S = 1 / TICK_S
_NEVER = 1 << 62


def _raise(error: Exception) -> None:
    raise error


class TimerOwner(Protocol):
    """Whoever set a timer."""

    def timer_fired(self, timer: Timer) -> None:
        """Called once, from the loop, after the deadline; the timer is then unset and may be set again."""


class Timer:
    """One deadline of one owner. Unset at first; `set` again moves it."""

    __slots__ = ("_bucket", "_wheel", "deadline", "owner")

    def __init__(self, wheel: TimerWheel, owner: TimerOwner) -> None:
        self._wheel = wheel
        self.owner: TimerOwner | None = owner
        self.deadline = _NEVER
        self._bucket = _NEVER

    def set(self, delay_s: float) -> None:
        """Fire `delay_s` seconds from now; 0 or less means never (the documented "off" of every timeout)."""
        if delay_s <= 0.0:
            self.deadline = _NEVER
            return
        wheel = self._wheel
        if not wheel.running:
            wheel.start()
        # Two ticks of head room: the present tick is part gone, and the wheel's clock may lag by one.
        deadline = wheel.tick + cython.cast(cython.longlong, delay_s * _TICKS_PER_S) + 2
        self.deadline = deadline
        if deadline < self._bucket:
            wheel.enlist(self, deadline)

    def unset(self) -> None:
        """Forget the deadline."""
        self.deadline = _NEVER

    def discard(self) -> None:
        """Unset for good and let the owner go; the wheel lets the timer go too."""
        self.deadline = _NEVER
        self.owner = None
        self._wheel.delist(self)

    @property
    def pending(self) -> bool:
        """Whether it is set."""
        return self.deadline != _NEVER


class TimerWheel:
    """All timers of a worker; `call_later(delay_s, callback)` is the loop's. It turns only while it holds timers."""

    __slots__ = ("_buckets", "_call_later", "_clock_s", "_start_s", "running", "tick")

    def __init__(self, call_later: Callable[[float, Callable[[], None]], object], clock_s: Callable[[], float]) -> None:
        self._call_later = call_later
        self._clock_s = clock_s
        self._start_s = clock_s()
        self._buckets: dict[int, dict[Timer, None]] = {}
        self.running = False
        self.tick = 0

    def timer(self, owner: TimerOwner) -> Timer:
        """A new, unset timer of `owner`."""
        return Timer(self, owner)

    def enlist(self, timer: Timer, tick: int) -> None:
        """Put `timer` in the bucket of `tick`, and take it out of the one that it was in."""
        self.delist(timer)
        timer._bucket = tick
        bucket = self._buckets.get(tick)
        if bucket is None:
            self._buckets[tick] = {timer: None}
        else:
            bucket[timer] = None

    def delist(self, timer: Timer) -> None:
        """Take `timer` out of its bucket, if it is in one.

        Left there until its tick, the timers of connections that are long gone would add up: at 1,000 new connections
        a second and a timeout of five minutes to a tenth of a gigabyte.
        """
        if timer._bucket != _NEVER:
            bucket = self._buckets.get(timer._bucket)
            if bucket is not None:
                bucket.pop(timer, None)
            timer._bucket = _NEVER

    def start(self) -> None:
        """Let it turn again after it stood still, which it does while no timer is in it."""
        self.running = True
        self.tick = self._now_tick()
        self._call_later(TICK_S, self._turn)

    def _now_tick(self) -> int:
        return int((self._clock_s() - self._start_s) / TICK_S)

    def _turn(self) -> None:
        now = self._now_tick()
        while self.tick < now:
            self.tick += 1
            bucket = self._buckets.pop(self.tick, None)
            if bucket is not None:
                self._empty(bucket)
        if self._buckets:
            self._call_later(TICK_S, self._turn)
        else:
            self.running = False

    def _empty(self, bucket: dict[Timer, None]) -> None:
        for timer in bucket:
            if timer._bucket != self.tick:
                continue
            if timer.deadline <= self.tick:
                timer.deadline = timer._bucket = _NEVER
                if timer.owner is not None:
                    try:
                        timer.owner.timer_fired(timer)
                    except Exception as error:
                        # The wheel must turn on for all others: the error goes to the loop's handler by itself.
                        self._call_later(0.0, partial(_raise, error))
            elif timer.deadline == _NEVER:
                timer._bucket = _NEVER
            else:
                self.enlist(timer, timer.deadline)
