"""Files of the state folder: for the owner's eyes alone, and whole or not there."""

from __future__ import annotations

import os
from pathlib import Path


def write_state(file: Path, data: bytes) -> None:
    """Put `data` in the place of `file`, in a folder that is made where there is none.

    Raises:
        OSError: it could not be written; what was there before still is.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(data)
        os.fsync(written.fileno())
    fresh.replace(file)
