"""Access by API key, of which only the hash is known: who has one comes in under the name that stands with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest

from config.resources.access import APIKeyAccess
from policies.access.credential_file import Problems, entries
from policies.access.material import Material
from policies.access.token_place import Place
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial

MAX_KEY_BYTES = 1024
_HASH = re.compile(r"[0-9a-f]{64}")
# RFC 9110 15.5.2 wants a challenge; there is no registered scheme for keys in fields of their own.
_CHALLENGE = (b'www-authenticate: ApiKey realm="weir"\r\n',)


class APIKeys:
    """Owners by the SHA-256 of their key.

    A plain hash, without salt or stretching, is for keys that are drawn at random (128 bits or more), as API keys are;
    it is no good for passwords.
    """

    __slots__ = ("_owners",)

    def __init__(self, hashes: Mapping[str, str]) -> None:
        """`hashes` are in hex, by owner. Of two owners with the same key the first is taken."""
        self._owners: dict[bytes, tuple[bytes, str]] = {}
        for owner, text in hashes.items():
            digest = bytes.fromhex(text)
            self._owners.setdefault(digest, (digest, owner))

    @classmethod
    def parse(cls, text: bytes) -> APIKeys:
        """Those of a file of lines `name:hash`, the hash as `sha256sum` prints it.

        Raises:
            ValueError: with the number of each line that is not like that, or has the key of another one.
        """
        problems = Problems()
        hashes: dict[str, str] = {}
        line_of: dict[str, int] = {}
        for number, name, value in entries(text, problems):
            if _HASH.fullmatch(value) is None:
                problems.add(number, f"{name} has no SHA-256 of 64 hexadecimal digits in lower case")
            elif value in line_of:
                problems.add(number, f"{name} has the key of line {line_of[value]}")
            else:
                hashes[name], line_of[value] = value, number
        problems.check()
        return cls(hashes)

    def owner(self, key: bytes) -> str | None:
        """Whose key it is, None where it is nobody's.

        How long the look-up takes depends on the hash of `key` alone. Whoever measures it may learn the first bits of a
        hash that is held, which tells nothing of the key: to choose a text by its hash is what SHA-256 keeps anyone
        from. What was found is compared in constant time all the same.
        """
        digest = sha256(key).digest()
        found = self._owners.get(digest)
        return found[1] if found is not None and compare_digest(found[0], digest) else None


class APIKeyStep(Step):
    """Lets in who has a key of the configuration or of the file of lines `name:hash`; the key does not go on.

    401 without a good key; 503 where a file is named and has not been read so far.
    """

    name = "access.apiKey"
    __slots__ = ("_file", "_inline", "_place")

    def __init__(self, spec: APIKeyAccess, file: Material[APIKeys] | None = None) -> None:
        self._place = Place(spec.from_)
        self._inline = APIKeys(spec.hashes)
        self._file = file

    def decide(self, subject: Subject) -> Denial | None:
        """By the keys as they are now."""
        found = set(self._place.find(subject))
        if not found:
            return Denial(401, "no API key", _CHALLENGE)
        self._place.strip(subject)
        if len(found) > 1:
            return Denial(401, "two different API keys", _CHALLENGE)
        (key,) = found
        if len(key) > MAX_KEY_BYTES:
            return Denial(401, f"an API key of more than {MAX_KEY_BYTES} octets", _CHALLENGE)
        owner = self._inline.owner(key)
        if owner is None and self._file is not None:
            table = self._file.current
            if table is None:
                return Denial(503, "the file of API keys is not read")
            owner = table.owner(key)
        if owner is None:
            return Denial(401, "an API key that is not known", _CHALLENGE)
        subject.identity = owner
        return None
