"""The texts of the last good set, kept in the state folder for a start with broken files or a silent Consul."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import orjson

from config.sources.text import SourceText

log = logging.getLogger("weir.config")

KEPT_FILE = "last-good.json"


def keep(folder: Path, texts: Sequence[SourceText]) -> None:
    """Write the texts of a good set to the state folder; a failure is logged, as traffic does not depend on it."""
    data = orjson.dumps([[text.name, text.data.decode("utf-8")] for text in texts])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{KEPT_FILE}.new"
        # Resources may hold tokens: for the owner's eyes alone.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            os.fsync(file.fileno())
        fresh.replace(folder / KEPT_FILE)
    except OSError as error:
        log.error("the configuration could not be kept in %s: %s", folder, error.strerror)


def kept(folder: Path) -> tuple[SourceText, ...]:
    """What `keep` wrote, empty where there is nothing readable."""
    try:
        entries = orjson.loads((folder / KEPT_FILE).read_bytes())
        return tuple(SourceText(str(name), str(text).encode()) for name, text in entries)
    except (OSError, ValueError, TypeError):
        return ()
