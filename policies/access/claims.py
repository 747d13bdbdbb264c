"""What the claims of a token must say, and how one is written into a header (RFC 7519 4, RFC 8725 3.8-3.9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

from config.resources.access import JWTAccess
from policies.access.reasons import shown
from policies.access.refusal import TokenRefused

LATEST_S = 1e11
"""The year 5138. What is later was written in milliseconds, and would in effect never end."""

_SPACE_SEPARATED = frozenset(("scope", "scp"))
"""Claims that are lists in one text (RFC 8693 4.2); in any other, `not admin` does not contain `admin`."""


class Claims:
    """The claims of a token with a good signature: all in `members`, and those that every token is judged by.

    `exp` must be there: a token without an end is good for as long as the key is, and nobody can take it back. `nbf`
    and `iat`, 0.0 where they are not, and `sub`, "" then, must be what they are said to be. Times are unix times.

    Raises:
        TokenRefused: one of them is something else, or there is no `exp`.
    """

    __slots__ = ("audiences", "begins_s", "expires_s", "issued_s", "issuer", "members", "subject")

    def __init__(self, members: Mapping[str, object]) -> None:
        self.members = MappingProxyType(members)
        if "exp" not in members:
            raise TokenRefused("no claim `exp`")
        self.expires_s = _date(members, "exp")
        self.begins_s = _date(members, "nbf")
        self.issued_s = _date(members, "iat")
        self.issuer = members.get("iss")
        self.audiences = _texts(members.get("aud"))
        identity = members.get("sub", "")
        if not isinstance(identity, str):
            raise TokenRefused("a claim `sub` that is no text")
        self.subject = identity


class ClaimRules:
    """The claims that a policy asks for; times may be off by its leeway."""

    __slots__ = ("_audiences", "_issuer", "_leeway_s", "_required")

    def __init__(self, spec: JWTAccess) -> None:
        self._issuer = spec.issuer
        self._audiences = frozenset(spec.audiences)
        self._leeway_s = spec.leeway.seconds
        self._required = dict(spec.require_claims)

    def fault(self, claims: Claims, now_s: float) -> str:
        """What is wrong with the token here and now, "" where nothing is."""
        if now_s >= claims.expires_s + self._leeway_s:
            return f"a token that ended {now_s - claims.expires_s:.0f} s ago"
        if now_s < claims.begins_s - self._leeway_s:
            return f"a token that begins in {claims.begins_s - now_s:.0f} s"
        if now_s < claims.issued_s - self._leeway_s:
            return f"a token issued {claims.issued_s - now_s:.0f} s in the future"
        if claims.issuer != self._issuer:
            return f"a token of the issuer {shown(claims.issuer)}"
        if self._audiences and self._audiences.isdisjoint(claims.audiences):
            return f"a token for the audience {shown(claims.members.get('aud'))}"
        return ""

    def lack(self, claims: Claims) -> str:
        """The first required claim that is not there or has another value, "" where all are as they must be."""
        for name, wanted in self._required.items():
            if name not in claims.members or not _has(name, claims.members[name], wanted):
                return name
        return ""


def text_of_claim(value: object) -> str | None:
    """A claim as one line of text: texts and numbers as they are, arrays of them with commas between.

    None for what has no such form, and so is not passed on: null, objects, nothing at all, control characters (a CR or
    LF would be a header of the token's own), and arrays with a comma in an item, which would read as two.
    """
    if isinstance(value, str):
        text = value.strip(" ")
    elif isinstance(value, (bool, int, float)):
        text = json.dumps(value)
    elif isinstance(value, list):
        items = [text_of_claim(item) if not isinstance(item, list) else None for item in value]
        if not all(item is not None and "," not in item for item in items):
            return None
        text = ",".join(item for item in items if item is not None)
    else:
        return None
    if not text or (not text.isprintable() and any(_is_control(character) for character in text)):
        return None
    return text


def _is_control(character: str) -> bool:
    """Whether it is of C0, DEL or C1."""
    return character < " " or "\x7f" <= character <= "\x9f"


def _has(name: str, found: object, wanted: JsonValue) -> bool:
    """Whether a claim has a value: is equal to it, or is a list with it; a wanted list needs all of its items."""
    if isinstance(wanted, list):
        return all(_has(name, found, item) for item in wanted)
    if isinstance(found, list):
        return any(_same(item, wanted) for item in found)
    if name in _SPACE_SEPARATED and isinstance(found, str) and isinstance(wanted, str):
        return set(wanted.split()) <= set(found.split())
    return _same(found, wanted)


def _same(left: object, right: object) -> bool:
    """Equality of JSON, where `true` is not 1, as it is in Python."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)
    return left == right


def _date(members: Mapping[str, object], name: str) -> float:
    """A NumericDate (RFC 7519 2), 0.0 where there is none. Raises TokenRefused."""
    value = members.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < LATEST_S:
        raise TokenRefused(f"a claim `{name}` that is no time")
    return float(value)


def _texts(value: object) -> frozenset[str]:
    """Of `aud`: one text or a list of texts (RFC 7519 4.1.3), anything else is for nobody."""
    if isinstance(value, str):
        return frozenset((value,))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    return frozenset()
