"""Passwords checked against bcrypt hashes in threads of their own, a few at a time, as each takes a core for long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from gateway.access.events import AccessEvent, Count
from gateway.background import NICENESS
from policies.access.questions import CheckPassword, PasswordAnswer, PasswordChecked

THREADS = 2
"""A check lets the interpreter go, so that they share the cores with traffic, not its thread."""
MAX_UNDERWAY = 64
"""Under way or waiting: at 50 ms each the last one waits for 1.6 s, and no more memory or time goes to who guesses."""


def _step_back() -> None:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class PasswordChecks:
    """Answers CheckPassword; the same question asked while it is being answered is one."""

    def __init__(self, count: Count, *, threads: int = THREADS, max_underway: int = MAX_UNDERWAY) -> None:
        self._count = count
        self._max_underway = max_underway
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords", initializer=_step_back)
        self._underway: dict[tuple[bytes, bytes], asyncio.Future[bool]] = {}

    async def check(self, question: CheckPassword) -> PasswordChecked:
        """BUSY at once where there is no room."""
        key = (question.password, question.stored)
        check = self._underway.get(key)
        if check is None:
            if len(self._underway) >= self._max_underway:
                self._count(AccessEvent.PASSWORDS_BUSY)
                return PasswordChecked(PasswordAnswer.BUSY, question.stored)
            self._count(AccessEvent.PASSWORD_CHECKED)
            check = asyncio.get_running_loop().run_in_executor(self._pool, bcrypt.checkpw, *key)
            check.add_done_callback(lambda _: self._underway.pop(key))
            self._underway[key] = check
        # A request that ends meanwhile does not end the check for others.
        right = await asyncio.shield(check)
        return PasswordChecked(PasswordAnswer.RIGHT if right else PasswordAnswer.WRONG, question.stored)

    def close(self) -> None:
        """Begin no further check."""
        self._pool.shutdown(wait=False, cancel_futures=True)
