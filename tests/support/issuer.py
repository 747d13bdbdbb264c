"""An issuer of JSON Web Tokens: real keys, their set, and tokens signed by `cryptography` alone, good or not."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.support.subjects import NOW_S

ISSUER = "https://id.example"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey

_HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
_CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


@cache
def private_key(kind: str, number: int = 0) -> Private:
    """A key of `kind`, such as RSA-2048, P-256 or Ed25519; another for each `number`."""
    if kind.startswith("RSA-"):
        return rsa.generate_private_key(65537, int(kind[4:]))
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return ec.generate_private_key(_CURVES[kind]())


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, length: int | None = None) -> str:
    """Base64urlUInt (RFC 7518 2), of `length` octets where one is given."""
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def jwk(key: Private, **members: object) -> dict[str, object]:
    """The public part of `key`, with further members."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **members}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point, size = key.public_key().public_numbers(), (key.curve.key_size + 7) // 8
        curve = next(name for name, kind in _CURVES.items() if isinstance(key.curve, kind))
        return {"kty": "EC", "crv": curve, "x": number(point.x, size), "y": number(point.y, size), **members}
    curve = "Ed25519" if isinstance(key, ed25519.Ed25519PrivateKey) else "Ed448"
    return {"kty": "OKP", "crv": curve, "x": b64(key.public_key().public_bytes_raw()), **members}


def key_set(*keys: Mapping[str, object]) -> bytes:
    """A JSON Web Key Set."""
    return json.dumps({"keys": keys}).encode()


def sign(key: Private, algorithm: str, signed: bytes) -> bytes:
    """The signature of JWS `algorithm` (RFC 7518 3.1)."""
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return key.sign(signed)
    digest = _HASHES[algorithm[2:]]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        return b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(key.sign(signed, ec.ECDSA(digest))))
    if algorithm.startswith("PS"):
        return key.sign(signed, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return key.sign(signed, padding.PKCS1v15(), digest)


def claims(**changes: object) -> dict[str, object]:
    """Those of a good token, with `changes`; a claim that is changed to None is left out."""
    usual = {"iss": ISSUER, "sub": "alice", "aud": "orders", "iat": NOW_S - 60, "exp": NOW_S + 600, **changes}
    return {name: value for name, value in usual.items() if value is not None}


def parts(header: Mapping[str, object] | bytes, payload: Mapping[str, object] | bytes) -> bytes:
    """The part of a token that is signed."""
    texts = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload))
    return ".".join(map(b64, texts)).encode()


def token(
    key: Private,
    algorithm: str = "RS256",
    header: Mapping[str, object] | bytes | None = None,
    payload: Mapping[str, object] | bytes | None = None,
    **more: object,
) -> bytes:
    """A token signed by `key`; `more` are header members besides `alg`, unless `header` is the whole of it."""
    signed = parts({"alg": algorithm, **more} if header is None else header, claims() if payload is None else payload)
    return signed + b"." + b64(sign(key, algorithm, signed)).encode()
