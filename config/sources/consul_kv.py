"""Resources in Consul's KV store: the keys under a prefix, each with a text of its own, as one source."""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Protocol

import orjson

from config.problems import Problem
from config.sources.text import Reading, SourceText

Texts = tuple[SourceText, ...]

NO_KEYS = 404
"""Consul's status for a prefix without a key."""


class Question(Protocol):
    """Asks Consul for the keys under the prefix, again and again; what fails stays inside of it."""

    def answers(self) -> AsyncGenerator[Texts, None]:
        """The texts after each change, and now and then without one."""

    def refresh(self) -> None:
        """Have the next answer come at once, from the leader."""


def folder(prefix: str) -> str:
    """The prefix as Consul is to be asked: `weir` is a folder, and `weir-old/a` is not in it; "" for `/`, all keys."""
    path = prefix.strip("/")
    return f"{path}/" if path else ""


def name_of(key: str) -> str:
    """What problems call a key."""
    return f"consul:{key}"


def read_keys(prefix: str, status: int, body: bytes) -> Texts:
    """The texts in an answer of `GET /v1/kv/PREFIX?recurse`, by key. Raises ValueError for rubbish.

    Keys that end in `/` are folders, as Consul's own UI makes them, and hold nothing.
    """
    if status == NO_KEYS:
        if body.strip():
            raise ValueError("404 with a body is no answer of Consul")
        return ()
    rows = orjson.loads(body)
    if not isinstance(rows, list) or not rows:
        raise ValueError("a list of keys is expected")
    found: dict[str, bytes] = {}
    for row in rows:
        key, value = (row.get("Key"), row.get("Value")) if isinstance(row, dict) else (None, None)
        if not isinstance(key, str) or not isinstance(value, str | None) or not key.startswith(prefix):
            raise ValueError(f"a key under {prefix} is expected, not {str(row)[:80]}")
        if not key.endswith("/"):
            found[key] = binascii.a2b_base64(value or "", strict_mode=True)
    return tuple(SourceText(name_of(key), found[key]) for key in sorted(found))


class ConsulKvSource:
    """The last texts that are believed. `known` are those of before, to go on with until Consul answers.

    No texts where there were some are believed once an answer that comes `confirm_after_s` or more later says so too; a
    first answer without any is asked again at once. `closing` lets go of what `question` holds.
    """

    def __init__(
        self,
        prefix: str,
        question: Question,
        *,
        confirm_after_s: float,
        known: Texts = (),
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name_of(prefix)
        self.texts = known
        self._question = question
        self._confirm_after_s = confirm_after_s
        self._closing = closing
        self._answered = asyncio.Event()
        self._confirm_at_s = 0.0
        self._confirmation: asyncio.TimerHandle | None = None

    @property
    def answered(self) -> bool:
        """Whether `texts` were confirmed by Consul."""
        return self._answered.is_set()

    async def first_answer(self, limit_s: float) -> bool:
        """Wait for it; whether it came in time. Somebody must iterate meanwhile."""
        try:
            async with asyncio.timeout(limit_s):
                await self._answered.wait()
        except TimeoutError:
            return False
        return True

    def read(self) -> Reading:
        """The last texts, without asking."""
        if self.texts or not self.answered:
            return Reading(self.texts)
        return Reading((), (Problem(self.name, 0, 0, "", "there is no key under this prefix", severity="warning"),))

    async def __aiter__(self) -> AsyncGenerator[None, None]:
        """One item with the first answer and after each change; it is this that asks."""
        try:
            async with aclosing(self._question.answers()) as answers:
                async for texts in answers:
                    if self._is_doubtful(texts):
                        continue
                    is_news = texts != self.texts or not self.answered
                    self.texts = texts
                    self._answered.set()
                    if is_news:
                        yield
        finally:
            self._end_doubt()

    async def close(self) -> None:
        """Let go of the connections; nobody iterates any more."""
        if self._closing is not None:
            await self._closing()

    def _is_doubtful(self, texts: Texts) -> bool:
        loop = asyncio.get_running_loop()
        if texts or (self.answered and not self.texts):
            self._end_doubt()
            return False
        if self._confirmation is None:
            self._confirm_at_s = loop.time() + (self._confirm_after_s if self.texts else 0.0)
            self._confirmation = loop.call_at(self._confirm_at_s, self._question.refresh)
            return True
        if loop.time() < self._confirm_at_s:
            return True
        self._end_doubt()
        return False

    def _end_doubt(self) -> None:
        if self._confirmation is not None:
            self._confirmation.cancel()
            self._confirmation = None
