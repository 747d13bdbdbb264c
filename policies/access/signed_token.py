"""JSON Web Tokens in the compact form, taken apart and checked against keys (RFC 7515 5.2, RFC 7519 7.2, RFC 8725)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from policies.access.base64url import decode_base64url
from policies.access.json_object import parse_json_object
from policies.access.key_set import KeySet
from policies.access.reasons import shown
from policies.access.refusal import KeyUnknown, TokenRefused

MAX_TOKEN_BYTES = 8192
"""All of it; larger ones pass no other server's header limit either."""
MAX_KEYS_TRIED = 4
"""A token that does not say which of more keys signed it is refused: a try takes up to 0.3 ms."""

_TYPES = frozenset(("jwt", "application/jwt", "at+jwt", "application/at+jwt"))
"""Of `typ`, in lower case: a JWT, and an access token (RFC 9068 2.1). Others are for other uses (RFC 8725 3.11)."""


class SignedToken:
    """A token taken apart: its header is what anyone may have written, its claims are not looked at before `verify`."""

    __slots__ = ("_payload", "_signature", "_signed", "algorithm", "kid")

    def __init__(self, text: bytes) -> None:
        """`jku`, `jwk`, `x5u` and `x5c` have no effect: the keys are those of the configuration (RFC 8725 3.10).

        Raises:
            TokenRefused: it is no signed token in the compact form, or asks for more than Weir does.
        """
        if len(text) > MAX_TOKEN_BYTES:
            raise TokenRefused(f"a token of more than {MAX_TOKEN_BYTES} octets")
        parts = text.split(b".")
        if len(parts) == 5:
            raise TokenRefused("an encrypted token (JWE)")
        if len(parts) != 3:
            raise TokenRefused("not the three parts of a signed token")
        header = _object(parts[0], "header")
        self._payload = parts[1]
        self._signed = text[: len(parts[0]) + 1 + len(parts[1])]
        self._signature = _octets(parts[2], "signature")
        if not self._signature:
            raise TokenRefused("a token without a signature")
        algorithm, kid, kind, content = (_text(header, name) for name in ("alg", "kid", "typ", "cty"))
        if algorithm is None:
            raise TokenRefused("a header without `alg`")
        if "crit" in header:
            raise TokenRefused("extensions in `crit`, of which none is understood")
        if "enc" in header or "zip" in header or header.get("b64", True) is not True:
            raise TokenRefused("a header of another kind of token")
        if kind is not None and kind.lower() not in _TYPES:
            raise TokenRefused(f"a token of the type {shown(kind)}")
        if content is not None and content.lower() in _TYPES:
            raise TokenRefused("a token within a token")
        self.algorithm = algorithm
        self.kid = kid

    def verify(self, keys: KeySet, algorithms: Collection[str]) -> dict[str, object]:
        """The claims, once the signature is found good.

        The algorithm must be one of `algorithms` and one that the key may be used with: what the token says of it
        only chooses between those (RFC 8725 3.1).

        Raises:
            KeyUnknown: `kid` is in no key of the set.
            TokenRefused: the algorithm, the signature or the claims are not good.
        """
        if self.algorithm not in algorithms:
            raise TokenRefused(f"the algorithm {shown(self.algorithm)}, which is not permitted")
        named = keys.find(self.kid)
        if not named:
            raise KeyUnknown(f"the key {shown(self.kid)}, which is not known")
        fitting = [key for key in named if self.algorithm in key.algorithms]
        if not fitting:
            raise TokenRefused(f"the algorithm {self.algorithm}, which its key is not for")
        if len(fitting) > MAX_KEYS_TRIED:
            raise TokenRefused(f"no word on which of {len(fitting)} keys signed it")
        if not any(key.verify(self.algorithm, self._signed, self._signature) for key in fitting):
            raise TokenRefused("a signature that is not the key's")
        return _object(self._payload, "payload")


def _octets(part: bytes, name: str) -> bytes:
    try:
        return decode_base64url(part)
    except ValueError as error:
        raise TokenRefused(f"a {name} that is {error}") from error


def _object(part: bytes, name: str) -> dict[str, object]:
    try:
        return parse_json_object(_octets(part, name))
    except TokenRefused:
        raise
    except ValueError as error:
        raise TokenRefused(f"a {name} that is {error}") from error


def _text(header: Mapping[str, object], name: str) -> str | None:
    if name not in header:
        return None
    value = header[name]
    if not isinstance(value, str):
        raise TokenRefused(f"a `{name}` that is no text")
    return value
