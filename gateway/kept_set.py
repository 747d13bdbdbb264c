"""The texts of the last good set, kept in the state folder for a start with broken files or a silent Consul."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import orjson

from config.sources.text import SourceText
from gateway.state_file import write_state

log = logging.getLogger("weir.config")

KEPT_FILE = "last-good.json"


def keep(folder: Path, texts: Sequence[SourceText]) -> None:
    """Write the texts of a good set to the state folder; a failure is logged, as traffic does not depend on it."""
    data = orjson.dumps([[text.name, text.data.decode("utf-8")] for text in texts])
    try:
        write_state(folder / KEPT_FILE, data)
    except OSError as error:
        log.error("the configuration could not be kept in %s: %s", folder, error.strerror)


def kept(folder: Path) -> tuple[SourceText, ...]:
    """What `keep` wrote, empty where there is nothing readable."""
    try:
        entries = orjson.loads((folder / KEPT_FILE).read_bytes())
        return tuple(SourceText(str(name), str(text).encode()) for name, text in entries)
    except (OSError, ValueError, TypeError):
        return ()
