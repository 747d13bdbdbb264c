"""Where the steps of access get their keys and passwords from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from config.snapshot import PolicySecret
    from policies.access.api_key import APIKeys
    from policies.access.htpasswd import PasswordFile
    from policies.access.key_set import KeySet
    from policies.access.material import Material


class Credentials(Protocol):
    """Asked while routes are compiled; what it gives is kept up to date behind the steps' backs."""

    @property
    def memo_key(self) -> bytes:
        """32 octets, drawn at random once per process."""

    def keys_of_file(self, path: Path, /) -> Material[KeySet]:
        """A JSON Web Key Set."""

    def keys_of_url(self, url: str, refresh_s: float, timeout_s: float, /) -> Material[KeySet]:
        """The same, fetched."""

    def keys_of_secret(self, secret: PolicySecret, /) -> Material[KeySet]:
        """The same, from the configuration; none where it is no key set."""

    def passwords_of_file(self, path: Path, /) -> Material[PasswordFile]:
        """What `htpasswd -B` wrote."""

    def passwords_of_secret(self, secret: PolicySecret, /) -> Material[PasswordFile]:
        """The same, from the configuration."""

    def api_keys_of_file(self, path: Path, /) -> Material[APIKeys]:
        """Lines `name:hash`."""
