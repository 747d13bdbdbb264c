"""What the claims of a token must say, and how one is written into a header (RFC 7519 4, RFC 8725 3.8-3.9)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from config.resources.access import JWTAccess
from policies.access.reasons import shown

_SPACE_SEPARATED = frozenset(("scope", "scp"))
"""Claims that are lists in one text (RFC 8693 4.2); in any other, `not admin` does not contain `admin`."""

LATEST_S = 1e11
"""The year 5138. What is later was written in milliseconds, and would in effect never end."""


class ClaimRules:
    """The claims that a policy asks for. Times are seconds since 1970, and may be off by the leeway."""

    __slots__ = ("_audiences", "_issuer", "_leeway_s", "_required")

    def __init__(self, spec: JWTAccess) -> None:
        self._issuer = spec.issuer
        self._audiences = frozenset(spec.audiences)
        self._leeway_s = spec.leeway.seconds
        self._required = dict(spec.require_claims)

    def fault(self, claims: Mapping[str, object], now_s: float) -> str:
        """What is wrong with the token here and now, "" where nothing is.

        `exp` must be there: a token without an end is good for as long as the key is, and nobody can take it back.
        `nbf`, `iat` and `sub` need not be, but must be what they are said to be.
        """
        for name in ("exp", "nbf", "iat"):
            if name in claims and _date(claims, name) is None:
                return f"a claim `{name}` that is no time"
        expires_s, begins_s, issued_s = (_date(claims, name) for name in ("exp", "nbf", "iat"))
        if expires_s is None:
            return "no claim `exp`"
        if now_s >= expires_s + self._leeway_s:
            return f"a token that ended {now_s - expires_s:.0f} s ago"
        if begins_s is not None and now_s < begins_s - self._leeway_s:
            return f"a token that begins in {begins_s - now_s:.0f} s"
        if issued_s is not None and now_s < issued_s - self._leeway_s:
            return f"a token issued {issued_s - now_s:.0f} s in the future"
        if claims.get("iss") != self._issuer:
            return f"a token of the issuer {shown(claims.get('iss'))}"
        if self._audiences and not self._audiences & _texts(claims.get("aud")):
            return f"a token for the audience {shown(claims.get('aud'))}"
        if not isinstance(claims.get("sub", ""), str):
            return "a claim `sub` that is no text"
        return ""

    def lack(self, claims: Mapping[str, object]) -> str:
        """The first required claim that is not there or has another value, "" where all are as they must be."""
        for name, wanted in self._required.items():
            if name not in claims or not _has(name, claims[name], wanted):
                return name
        return ""


def text_of_claim(value: object) -> str | None:
    """A claim as one line of text: texts and numbers as they are, arrays of them with commas between.

    None for what has no such form, and so is not passed on: null, objects, nothing at all, control characters (a CR or
    LF would be a header of the token's own), and arrays with a comma in an item, which would read as two.
    """
    if isinstance(value, list):
        items = [text_of_claim(item) if not isinstance(item, list) else None for item in value]
        if not all(item is not None and "," not in item for item in items):
            return None
        text = ",".join(item for item in items if item is not None)
    elif isinstance(value, str):
        text = value.strip(" ")
    elif isinstance(value, (bool, int, float)):
        text = json.dumps(value)
    else:
        return None
    return text if text and not any(character < " " or "\x7f" <= character <= "\x9f" for character in text) else None


def expiry_s(claims: Mapping[str, object]) -> float:
    """When the token ends, 0.0 where it does not say so."""
    return _date(claims, "exp") or 0.0


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


def _date(claims: Mapping[str, object], name: str) -> float | None:
    """A NumericDate (RFC 7519 2), None where there is none, or what is none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < LATEST_S:
        return None
    return float(value)


def _texts(value: object) -> frozenset[str]:
    """Of `aud`: one text or a list of texts (RFC 7519 4.1.3), anything else is for nobody."""
    if isinstance(value, str):
        return frozenset((value,))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    return frozenset()
