"""Work beside the traffic: whatever takes long runs in one thread per process, which lets the loop go first.

That takes two parties. From a thread of more niceness the kernel takes the core once the loop wakes up, where one of
the same niceness keeps it until the next tick of the clock, 4 ms on. The interpreter has the thread that holds it let
go once another has waited for the switch interval; what is compiled is not asked, and does so by `give_way`. A single
call into C that takes long holds all up, so long loops are left to the interpreter.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

NICENESS = 3
"""The least that helps: 99 of 100 requests of one client take at most 2.6 ms meanwhile at 0, 1.3 at 3, 1.0 at 10. Where
another process is busy on the core, a thread that holds the interpreter waits for the core, and the loop for it: 6 ms
at 0, 9 at 3, 18 at 5, 45 at 10, and with SCHED_IDLE without end. Shorter slices (sched_setattr) change nothing."""

SWITCH_INTERVAL_S = 0.00005
"""Python's own is 5 ms, which a request would wait at each of its steps. Work takes a tenth longer for such turns, and
several times as long for those of 0.01 ms."""

TIMER_SLACK_NS = 1
"""The kernel's own is 0.05 ms, by which it may wake the loop too late from waiting for the interpreter."""


def _step_back() -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # Where the kernel, or a sandbox, has no such thing, traffic waits somewhat longer.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    with contextlib.suppress(OSError):
        # That of the process's first thread, the loop's.
        Path("/proc/self/timerslack_ns").write_text(str(TIMER_SLACK_NS), encoding="ascii")


_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background", initializer=_step_back)


async def in_background(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function` returns or raises, called once all that was given before is done. It must not wait for others."""
    return await asyncio.get_running_loop().run_in_executor(_thread, partial(function, *args, **kwargs))


def give_way() -> None:
    """Let another thread have the interpreter, if one waits; for compiled loops that take long."""
    time.sleep(0)
