"""What the steps of a process know clients by: keys and passwords, kept up to date; and what they ask, answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import aiohttp

from config.snapshot import PolicySecret
from gateway.access.authorizer import MAX_UNDERWAY, Authorizer, Find
from gateway.access.events import Count
from gateway.access.fetched_keys import FetchedKeys
from gateway.access.password_checks import PasswordChecks
from gateway.access.secret_material import secret_material
from gateway.access.watched_file import WatchedFile, WatchedFiles
from gateway.runtime import Runtime
from policies.access.api_key import APIKeys
from policies.access.htpasswd import PasswordFile
from policies.access.key_set import KeySet
from policies.access.material import FixedMaterial
from policies.access.questions import Authorize, CheckPassword, RefreshKeys

LOOK_S = 1.0
"""How often files are looked at, and within which a fetch that is due begins."""
MAX_KEY_SET_BYTES = 1 << 20
MAX_CREDENTIALS_BYTES = 16 << 20
"""A hundred thousand entries."""


class Looked(Protocol):
    """A WatchedFile of any kind."""

    def look(self, now_s: float) -> None: ...


class AccessMaterial:
    """Gives each step its material: the same for the same file or URL, for as long as a step has it.

    Material may be asked for from the thread that compiles routes, all else is for the loop. `count` is called in both.
    """

    def __init__(self, runtime: Runtime, count: Count, find: Find) -> None:
        """`find` gives the backends of the data path, by name."""
        self._runtime = runtime
        self._count = count
        self._authorizer = Authorizer(find, lambda: self._http, count)
        self._passwords = PasswordChecks(count)
        self._session: aiohttp.ClientSession | None = None
        self._lock = threading.Lock()
        self._key_sets = WatchedFiles(KeySet.parse, MAX_KEY_SET_BYTES, runtime, count)
        self._password_files = WatchedFiles(PasswordFile.parse, MAX_CREDENTIALS_BYTES, runtime, count)
        self._api_keys = WatchedFiles(APIKeys.parse, MAX_CREDENTIALS_BYTES, runtime, count)
        self._fetched: WeakValueDictionary[tuple[str, float, float], FetchedKeys] = WeakValueDictionary()

    def keys_of_file(self, path: Path) -> WatchedFile[KeySet]:
        """The JSON Web Key Set in a file, read at once; blocks on the disk."""
        return self._key_sets.get(path)

    def keys_of_secret(self, secret: PolicySecret) -> FixedMaterial[KeySet]:
        """The JSON Web Key Set in a Secret."""
        return secret_material(secret, KeySet.parse, self._count)

    def passwords_of_file(self, path: Path) -> WatchedFile[PasswordFile]:
        """The users of an htpasswd file; as above."""
        return self._password_files.get(path)

    def passwords_of_secret(self, secret: PolicySecret) -> FixedMaterial[PasswordFile]:
        """The users in a Secret."""
        return secret_material(secret, PasswordFile.parse, self._count)

    def api_keys_of_file(self, path: Path) -> WatchedFile[APIKeys]:
        """The owners in a file of API keys; as above."""
        return self._api_keys.get(path)

    def keys_of_url(self, url: str, refresh_s: float, timeout_s: float) -> FetchedKeys:
        """The JSON Web Key Set of a URL, fetched as soon as `run` or a request comes to it."""
        with self._lock:
            kept = self._fetched.get((url, refresh_s, timeout_s))
            if kept is None:
                kept = FetchedKeys(url, refresh_s, timeout_s, self._runtime, self._count)
                self._fetched[url, refresh_s, timeout_s] = kept
            return kept

    async def answer(self, question: object) -> object:
        """What a step asked by `Ask`, for its `resume`. Raises TypeError for the question of another."""
        match question:
            case RefreshKeys(keys=FetchedKeys() as keys):
                await keys.refresh(self._http)
                return None
            case RefreshKeys():
                # A file is looked at every second anyway.
                return None
            case CheckPassword():
                return await self._passwords.check(question)
            case Authorize():
                return await self._authorizer.ask(question)
            case _:
                raise TypeError(f"{type(question).__name__} is no question of access")

    async def run(self) -> None:
        """Keep all up to date until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Read files again that have changed, and begin the fetches that are due."""
        with self._lock:
            fetched = list(self._fetched.values())
        for keys in fetched:
            keys.fetch_if_due(self._http)
        files: list[Looked] = [*self._key_sets.all(), *self._password_files.all(), *self._api_keys.all()]
        if files:
            await asyncio.to_thread(_look_at, files, self._runtime.unix_s())

    async def close(self) -> None:
        """Let go of connections and threads; whoever runs `run` has cancelled it."""
        self._passwords.close()
        if self._session is not None:
            await self._session.close()

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                connector=aiohttp.TCPConnector(limit=MAX_UNDERWAY),
            )
        return self._session


def _look_at(files: Sequence[Looked], now_s: float) -> None:
    for file in files:
        file.look(now_s)
