"""What happens to keys and passwords that is worth counting."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class AccessEvent(Enum):
    """Each is counted under a name of its own."""

    FILE_READ = "a file of keys or passwords was read, or read again"
    FILE_REFUSED = "one could not be read, or is not what it should be; the last good state stays"
    SECRET_REFUSED = "a Secret does not hold the keys or passwords that it should; who needs them is refused"  # noqa: S105 -- no password
    KEYS_FETCHED = "a key set was fetched"
    KEYS_NOT_FETCHED = "a key set could not be fetched, or is none; the last good one stays"
    AUTHORIZER_ASKED = "a server was asked about a request, and answered"
    AUTHORIZER_FAILED = "one did not answer, or not in time"
    PASSWORD_CHECKED = "a password was checked against its hash"  # noqa: S105 -- no password
    PASSWORDS_BUSY = "one was not, as too many were under way"


Count = Callable[[AccessEvent], None]
