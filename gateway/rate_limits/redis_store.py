"""Redis as the store of shared limits: questions that come in one turn of the loop go in one pipeline.

The script is sent once and called by its hash; a Redis that was restarted or flushed has it loaded again. Whatever
fails, or takes longer than `redis.timeout`, is a StoreFailure.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from config.resources.weir import RedisServer
from gateway.rate_limits import store_script
from gateway.rate_limits.question import Charge, StoreFailure, Take
from policies.rate_limit.shared_meter import Grant

SHA = hashlib.sha1(store_script.TEXT.encode(), usedforsecurity=False).hexdigest()
"""The name of the script in Redis (EVALSHA)."""


class RedisStore:
    """Asks the server of `spec`. Raises StoreFailure where its password cannot be read."""

    def __init__(self, spec: RedisServer) -> None:
        self.spec = spec
        self._prefix = f"{spec.key_prefix}limit:".encode()
        self._timeout_s = spec.timeout.seconds
        try:
            self._redis = _client(spec)
        except (OSError, ValueError) as error:
            raise StoreFailure(str(error)) from error

    async def ask(self, questions: Sequence[Take | Charge]) -> list[Grant]:
        """What is granted for each. Raises StoreFailure."""
        try:
            async with asyncio.timeout(self._timeout_s):
                replies = await self._call(questions)
                if any(isinstance(reply, NoScriptError) for reply in replies):
                    await self._redis.script_load(store_script.TEXT)
                    again = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
                    for at, reply in zip(again, await self._call([questions[at] for at in again]), strict=True):
                        replies[at] = reply
            return [_granted(reply) for reply in replies]
        except (TimeoutError, RedisError, OSError, ValueError) as error:
            raise StoreFailure(f"{type(error).__name__}: {error}") from error

    async def _call(self, questions: Sequence[Take | Charge]) -> list[object]:
        pipeline = self._redis.pipeline(transaction=False)
        for question in questions:
            pipeline.execute_command(
                "EVALSHA", SHA, 1, self._prefix + question.key.hex().encode(), *store_script.arguments(question)
            )
        replies: list[object] = await pipeline.execute(raise_on_error=False)
        return replies

    async def close(self) -> None:
        """Close its connections."""
        await self._redis.aclose()


def _granted(reply: object) -> Grant:
    if isinstance(reply, Exception):
        raise StoreFailure(f"{type(reply).__name__}: {reply}")
    return store_script.grant_of(reply)


def _client(spec: RedisServer) -> Redis:
    """A client that tries once: who waits has a limit's own answer for a failure."""
    tls = spec.tls
    url = spec.address if "://" in spec.address else f"redis{'s' if tls is not None else ''}://{spec.address}"
    options: dict[str, object] = dict(parse_url(url))
    options.pop("connection_class", None)
    secure = tls is not None or url.startswith("rediss://")
    if spec.username is not None:
        options["username"] = spec.username
    if spec.password_file is not None:
        options["password"] = Path(spec.password_file).read_text(encoding="utf-8").strip()
    options.setdefault("db", spec.database)
    if secure:
        options["ssl"] = True
    if tls is not None:
        options |= {
            "ssl_ca_certs": tls.ca_file,
            "ssl_certfile": tls.cert_file,
            "ssl_keyfile": tls.key_file or tls.cert_file,
            "ssl_cert_reqs": "required" if tls.verify else "none",
            "ssl_check_hostname": tls.verify,
        }
    timeout_s = spec.timeout.seconds
    return Redis(
        **options,  # type: ignore[arg-type]
        max_connections=spec.connections,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
