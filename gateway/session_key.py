"""The key under which clients keep their sessions: one per node, kept over restarts where there is a state folder."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from gateway.state_file import write_state

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
        if not file.exists():
            write_state(file, key)
        kept = file.read_bytes()
    except OSError as error:
        log.error("sessions end with this process, as their key cannot be kept in %s: %s", folder, error.strerror)
        return key
    if len(kept) != KEY_BYTES:
        log.error("%s has %d bytes, not %d: sessions end with this process", file, len(kept), KEY_BYTES)
        return key
    return kept
