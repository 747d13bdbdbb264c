"""What policies are compiled with, and who answers them: made once per worker, and for each explanation.

Conditions, keys and passwords need libraries that take tenths of a second to import: that is done where a
configuration has such a thing, in the thread that compiles it.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gateway.access.events import AccessEvent, Count
from gateway.answers import Answers, Handler
from gateway.runtime import Runtime
from gateway.session_key import KEY_BYTES
from policies.access.questions import Authorize, CheckPassword, RefreshKeys
from policies.environment import Condition, Environment
from policies.rate_limit.counters import Counters, FreshCounters

if TYPE_CHECKING:
    from config.snapshot import PolicySecret
    from gateway.access.access_material import AccessMaterial
    from gateway.access.authorizer import Asked, Find
    from policies.access.api_key import APIKeys
    from policies.access.htpasswd import PasswordFile
    from policies.access.key_set import KeySet
    from policies.access.material import Material


class PolicyWorld:
    """`environment` for who compiles, `answers` for who serves; `count` is told what happens to keys and passwords."""

    def __init__(
        self,
        runtime: Runtime,
        count: Count,
        session_key: bytes = b"",
        counters: Counters | None = None,
        answers: Mapping[type, Handler] = MappingProxyType({}),
    ) -> None:
        """`session_key` and `counters` are left out by who serves nobody: it opens no session and counts nobody.

        `answers` are to further questions of policies, by type.
        """
        self.memo_key = secrets.token_bytes(32)
        self._runtime = runtime
        self._count = count
        self.find: Find = nobody_serves
        """The backends of the data path, once there is one."""
        self._lock = threading.Lock()
        self._material: AccessMaterial | None = None
        self._keeping: asyncio.Task[object] | None = None
        self.environment = Environment(
            compile_condition,
            self,
            session_key=session_key or secrets.token_bytes(KEY_BYTES),
            counters=counters or FreshCounters(),
        )
        own = dict.fromkeys((RefreshKeys, CheckPassword, Authorize), self._answer)
        self.answers = Answers({**own, **answers})

    def keys_of_file(self, path: Path, /) -> Material[KeySet]:
        """As `policies.access.credentials` says, and so the next ones."""
        return self._made().keys_of_file(path)

    def keys_of_url(self, url: str, refresh_s: float, timeout_s: float, /) -> Material[KeySet]:
        """Fetched for as long as a step has it."""
        return self._made().keys_of_url(url, refresh_s, timeout_s)

    def keys_of_secret(self, secret: PolicySecret, /) -> Material[KeySet]:
        """Read once."""
        return self._made().keys_of_secret(secret)

    def passwords_of_file(self, path: Path, /) -> Material[PasswordFile]:
        """Read at once, and again when it changes."""
        return self._made().passwords_of_file(path)

    def passwords_of_secret(self, secret: PolicySecret, /) -> Material[PasswordFile]:
        """Read once."""
        return self._made().passwords_of_secret(secret)

    def api_keys_of_file(self, path: Path, /) -> Material[APIKeys]:
        """As above."""
        return self._made().api_keys_of_file(path)

    async def close(self) -> None:
        """Let go of connections and threads; what was made with it serves no more."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait([keeping])
        if self._material is not None:
            await self._material.close()

    def _made(self) -> AccessMaterial:
        with self._lock:
            if self._material is None:
                from gateway.access.access_material import AccessMaterial

                self._material = AccessMaterial(self._runtime, self._count, lambda name: self.find(name))
                self._runtime.loop.call_soon_threadsafe(self._keep)
            return self._material

    def _keep(self) -> None:
        assert self._material is not None
        self._keeping = self._runtime.spawn(self._material.run(), name="access material")

    async def _answer(self, question: object) -> object:
        return await self._made().answer(question)


def nobody_counts(event: AccessEvent) -> None:
    """For who serves nobody."""
    del event


def nobody_serves(backend: str) -> Asked | None:
    """For who has no backends."""
    del backend
    return None


def compile_condition(text: str) -> Condition:
    """`text`, a CEL expression that was checked at load."""
    from policies.expressions.condition import compile_condition as compiled

    return compiled(text)
