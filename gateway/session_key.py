"""The key under which clients keep their sessions: one per node, kept over restarts where there is a state folder."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

log = logging.getLogger("weir.process")

KEY_BYTES = 64
KEY_FILE = "session-key"


def session_key(folder: Path | None) -> bytes:
    """That of `folder`, drawn and written where there is none; without a folder, or where it fails, one of its own."""
    key = secrets.token_bytes(KEY_BYTES)
    if folder is None:
        return key
    file = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            fresh = folder / f"{KEY_FILE}.new"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
                written.write(key)
                os.fsync(written.fileno())
            fresh.replace(file)
        kept = file.read_bytes()
    except OSError as error:
        log.error("sessions end with this process, as their key cannot be kept in %s: %s", folder, error.strerror)
        return key
    if len(kept) != KEY_BYTES:
        log.error("%s has %d bytes, not %d: sessions end with this process", file, len(kept), KEY_BYTES)
        return key
    return kept
