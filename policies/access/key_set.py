"""The public keys of an issuer of tokens: a JSON Web Key Set (RFC 7517), read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import DictKey, ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from policies.access.base64url import decode_base64url
from policies.access.claims import Claims
from policies.access.json_object import parse_json_object
from policies.access.memo import Memo

MAX_KEYS = 100
"""Of a set: it is held per worker, and a token that names no key is tried with those that fit."""
MIN_RSA_BITS = 2048
"""RFC 7518 3.3."""
MAX_RSA_BITS = 8192
"""The time of a check grows with the square: one of 16,384 bits takes a millisecond of every bad token."""
MAX_EXPONENT_BYTES = 8
"""As a rule it has three; one as long as the modulus takes 2 ms of every token."""
TOKENS_KEPT = 4096
"""Tokens whose signature is known to be good, per key set."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""All that may be configured; each works with public keys only, so that none could be a secret (RFC 8725 2.1)."""

_MODELS = {name: JWSRegistry.algorithms[name] for name in ALGORITHMS}
_MEMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType({"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)})
"""The members of a key that hold numbers, by key type."""
_COORDINATE_BYTES = {"P-256": 32, "P-384": 48, "P-521": 66, "Ed25519": 32, "Ed448": 57}
_SECRET = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"))
"""Members of private and symmetric keys (RFC 7518 6)."""


class VerificationKey:
    """A public key: `kid` is None where it has none, `algorithms` are those that it may be used with."""

    __slots__ = ("_key", "algorithms", "kid")

    def __init__(self, kid: str | None, key: RSAKey | ECKey | OKPKey) -> None:
        self.kid = kid
        self._key = key
        self.algorithms = frozenset(name for name in ALGORITHMS if _fits(name, key))

    def verify(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether `signature` is that of the octets `signed`; `algorithm` is one of `algorithms`."""
        return _MODELS[algorithm].verify(signed, signature, self._key)


class KeySet:
    """Keys that tokens are checked with.

    `verified` has the algorithm and the claims of tokens that were found good by them, by digest: whoever uses the set
    shares it, and with the set it is gone.
    """

    __slots__ = ("_by_kid", "keys", "verified")

    def __init__(self, keys: Sequence[VerificationKey]) -> None:
        self.keys = tuple(keys)
        self.verified: Memo[tuple[str, Claims]] = Memo(TOKENS_KEPT)
        self._by_kid: dict[str, list[VerificationKey]] = {}
        for key in keys:
            if key.kid is not None:
                self._by_kid.setdefault(key.kid, []).append(key)

    @classmethod
    def parse(cls, text: bytes) -> KeySet:
        """The keys of a JWKS that can verify a signature; others (`use: enc`, unknown types and curves) are left out.

        Raises:
            ValueError: it is no key set, has more than MAX_KEYS, a key in it is broken, weak, private or symmetric, or
                none is left.
        """
        try:
            entries = parse_json_object(text).get("keys")
        except ValueError as error:
            raise ValueError(f"the key set is {error}") from error
        if not isinstance(entries, list):
            raise ValueError("the key set has no list `keys` (RFC 7517 5)")
        if len(entries) > MAX_KEYS:
            raise ValueError(f"the key set has {len(entries)} keys, more than {MAX_KEYS}")
        keys: list[VerificationKey] = []
        for position, entry in enumerate(entries, 1):
            try:
                key = _parse_key(entry)
            except ValueError as error:
                raise ValueError(f"key {position} of the key set {error}") from error
            if key is not None and key.algorithms:
                keys.append(key)
        if not keys:
            raise ValueError("no key of the key set can verify a signature")
        return cls(keys)

    def find(self, kid: str | None) -> Sequence[VerificationKey]:
        """The keys that a token may mean: those of that `kid` (RFC 7515 4.1.4), or all where it names none."""
        return self.keys if kid is None else self._by_kid.get(kid, ())


def _fits(algorithm: str, key: RSAKey | ECKey | OKPKey) -> bool:
    try:
        _MODELS[algorithm].check_key(key)
    except JoseError:
        return False
    return True


def _parse_key(entry: object) -> VerificationKey | None:
    """None where it is none for signatures. Raises ValueError, with the end of a sentence about the key."""
    if not isinstance(entry, dict):
        raise ValueError("is no JSON object")
    kind, kid, algorithm = (_text(entry, name) for name in ("kty", "kid", "alg"))
    if kind is None:
        raise ValueError("has no `kty`")
    if kind == "oct":
        raise ValueError("is a shared secret (kty oct): whoever checks tokens with it could make them")
    if secret := sorted(_SECRET & entry.keys()):
        raise ValueError(f"is a private one, by its member {secret[0]}: only the public part belongs here")
    use, operations, curve = _text(entry, "use"), entry.get("key_ops"), _text(entry, "crv")
    if kind not in _MEMBERS or use not in (None, "sig"):
        return None
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    if kind == "RSA":
        curve = None
    elif curve not in (("Ed25519", "Ed448") if kind == "OKP" else ("P-256", "P-384", "P-521")):
        return None
    numbers = {name: _number(entry, name, _COORDINATE_BYTES.get(curve or "")) for name in _MEMBERS[kind]}
    if kind == "RSA":
        _check_rsa(numbers["n"], numbers["e"])
    optional = {"alg": algorithm, "crv": curve}
    return VerificationKey(
        kid, _imported(kind, numbers | {name: text for name, text in optional.items() if text is not None})
    )


def _check_rsa(modulus: str, exponent: str) -> None:
    """Neither too weak, nor so large that checks take long."""
    bits = int.from_bytes(decode_base64url(modulus.encode()), "big").bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise ValueError(f"is an RSA key of {bits} bits, not of {MIN_RSA_BITS} to {MAX_RSA_BITS}")
    if (octets := len(decode_base64url(exponent.encode()))) > MAX_EXPONENT_BYTES:
        raise ValueError(f"is an RSA key with an exponent of {octets} octets, more than {MAX_EXPONENT_BYTES}")


def _imported(kind: str, members: Mapping[str, str]) -> RSAKey | ECKey | OKPKey:
    data: DictKey = {"kty": kind, **members}
    try:
        if kind == "EC":
            return ECKey.import_key(data)
        if kind == "OKP":
            return OKPKey.import_key(data)
        return RSAKey.import_key(data)
    except (JoseError, UnsupportedAlgorithm, ValueError) as error:
        raise ValueError(f"is no valid {kind} key: {error}") from error


def _text(entry: Mapping[str, object], name: str) -> str | None:
    if name not in entry:
        return None
    value = entry[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"has a `{name}` that is no text, or empty")
    return value


def _number(entry: Mapping[str, object], name: str, length: int | None) -> str:
    """A member that holds octets, of `length` where one is given (RFC 7518 6.2.1.2, RFC 8037 2)."""
    text = _text(entry, name)
    if text is None:
        raise ValueError(f"has no `{name}`")
    try:
        octets = decode_base64url(text.encode("utf-8"))
    except ValueError as error:
        raise ValueError(f"has a `{name}` that is {error}") from error
    if not octets or (length is not None and len(octets) != length):
        raise ValueError(f"has a `{name}` of {len(octets)} octets" + (f", not {length}" if length else ""))
    return text
