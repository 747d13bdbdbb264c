"""Users and their bcrypt hashes, as `htpasswd -B` writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import normalize

from policies.access.credential_file import Problems, entries

MAX_COST = 14
"""Each step doubles the time of a check, which is about a second then."""
_DEFAULT_COST = 10

_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_OTHERS = (
    (re.compile(r"\$apr1\$"), "an MD5 hash"),
    (re.compile(r"\{SHA\}"), "a SHA-1 hash"),
    (re.compile(r"\$[156y]\$"), "a crypt hash"),
    (re.compile(r"\$2"), "a bcrypt hash that is cut or of another kind than 2a, 2b and 2y"),
)


class PasswordFile:
    """bcrypt hashes by user; names are compared in Unicode's form C (RFC 7617 2.1, RFC 8265 3.3)."""

    __slots__ = ("_hashes", "dummy")

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = {normalize("NFC", name): text.encode("ascii") for name, text in hashes.items()}
        costs = [int(text[4:6]) for text in hashes.values()]
        self.dummy = b"$2b$%02d$%b" % (max(costs, default=_DEFAULT_COST), b"." * 53)
        """A hash of no password, whose check takes as long as those of users: for names that are not in the file."""

    @classmethod
    def parse(cls, text: bytes) -> PasswordFile:
        """Those of a file of lines `name:hash`.

        Raises:
            ValueError: with the number of each line that is not like that, or is hashed otherwise, and what mends it.
        """
        problems = Problems()
        hashes: dict[str, str] = {}
        for number, name, value in entries(text, problems):
            found = _BCRYPT.fullmatch(value)
            if found is None:
                kind = next((words for pattern, words in _OTHERS if pattern.match(value)), "no hash that is known")
                problems.add(number, f"{name} has {kind}; make one with `htpasswd -B FILE {name}`")
            elif not 4 <= int(found[1]) <= MAX_COST:
                problems.add(
                    number, f"{name} has the cost {found[1]}, not 4 to {MAX_COST}; use `htpasswd -B -C 10 FILE {name}`"
                )
            else:
                hashes[name] = value
        problems.check()
        return cls(hashes)

    def stored(self, user: str) -> bytes | None:
        """The hash of `user`, None without one."""
        return self._hashes.get(user)
