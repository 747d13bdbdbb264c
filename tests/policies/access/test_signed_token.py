"""The confusions of RFC 8725 and others of their kind: each token is refused, and for its own reason."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from policies.access.key_set import ALGORITHMS, KeySet
from policies.access.refusal import KeyUnknown, TokenRefused
from policies.access.signed_token import MAX_TOKEN_BYTES, SignedToken
from tests.support.issuer import b64, claims, jwk, key_set, parts, private_key, sign, token

RSA = private_key("RSA-2048")
RSA_OTHER = private_key("RSA-2048", 1)
P256 = private_key("P-256")
P384 = private_key("P-384")
ED25519 = private_key("Ed25519")
KEYS = KeySet.parse(
    key_set(
        jwk(RSA, kid="rsa"),
        jwk(private_key("RSA-2048", 2), kid="ps", alg="PS256"),
        jwk(P256, kid="p256"),
        jwk(P384, kid="p384"),
        jwk(ED25519, kid="ed"),
    )
)


def verify(text: bytes, algorithms: tuple[str, ...] = ALGORITHMS, keys: KeySet = KEYS) -> dict[str, object]:
    return SignedToken(text).verify(keys, algorithms)


def unsigned(algorithm: str, signature: bytes = b"") -> bytes:
    """A token whose signature has nothing to do with a key."""
    return parts({"alg": algorithm, "kid": "rsa"}, claims()) + b"." + b64(signature).encode()


def signed_with_public_key(algorithm: str, encoding: Encoding, form: PublicFormat) -> bytes:
    """HMAC with the public key as the secret: the oldest confusion of all (RFC 8725 2.1)."""
    assert isinstance(RSA, rsa.RSAPrivateKey)
    secret = RSA.public_key().public_bytes(encoding, form)
    signed = parts({"alg": algorithm, "kid": "rsa"}, claims())
    return signed + b"." + b64(hmac.digest(secret, signed, f"sha{algorithm[2:]}")).encode()


def with_signature(change: Callable[[bytes], bytes], key: str = "p256", algorithm: str = "ES256") -> bytes:
    """A good token whose signature is changed."""
    signed = parts({"alg": algorithm, "kid": key}, claims())
    private = {"p256": P256, "rsa": RSA, "ed": ED25519}[key]
    return signed + b"." + b64(change(sign(private, algorithm, signed))).encode()


GOOD = token(RSA, kid="rsa")
EVIL = private_key("RSA-2048", 3)
SPKI = PublicFormat.SubjectPublicKeyInfo

NONE = ["none", "None", "NONE", "nOnE", "none ", " none", "none\0", ""]
REFUSED: dict[str, tuple[bytes, str]] = {
    **{f"alg {name!r} unsigned": (unsigned(name), "without a signature") for name in NONE},
    **{f"alg {name!r} with a signature": (unsigned(name, b"x"), "not permitted") for name in NONE},
    "HS256 with the public key in PEM": (signed_with_public_key("HS256", Encoding.PEM, SPKI), "not permitted"),
    "HS384 with the public key in DER": (signed_with_public_key("HS384", Encoding.DER, SPKI), "not permitted"),
    "HS512 with the public key in PKCS1": (
        signed_with_public_key("HS512", Encoding.PEM, PublicFormat.PKCS1),
        "not permitted",
    ),
    "HS256 with an empty secret": (
        (signed := parts({"alg": "HS256", "kid": "rsa"}, claims()))
        + b"."
        + b64(hmac.digest(b"", signed, "sha256")).encode(),
        "not permitted",
    ),
    "alg that nobody knows": (unsigned("RS257", b"x"), "not permitted"),
    "alg in lower case": (token(RSA, header={"alg": "rs256", "kid": "rsa"}), "not permitted"),
    "alg of encryption": (unsigned("RSA-OAEP", b"x"), "not permitted"),
    "alg that is a number": (token(RSA, header={"alg": 256, "kid": "rsa"}), "`alg` that is no text"),
    "alg that is a list": (token(RSA, header={"alg": ["RS256"], "kid": "rsa"}), "`alg` that is no text"),
    "no alg": (token(RSA, header={"kid": "rsa"}), "without `alg`"),
    "ES256 by an RSA key": (unsigned("ES256", b"\0" * 64), "its key is not for"),
    "RS256 by an EC key": (token(RSA, kid="p256"), "its key is not for"),
    "ES384 by a key of P-256": (token(P256, "ES384", kid="p256"), "its key is not for"),
    "ES256 by a key of P-384": (token(P384, "ES256", kid="p384"), "its key is not for"),
    "EdDSA by an EC key": (token(ED25519, "EdDSA", kid="p256"), "its key is not for"),
    "RS256 by a key for PS256": (token(private_key("RSA-2048", 2), "RS256", kid="ps"), "its key is not for"),
    "PS256 said, RS256 done": (token(RSA, "RS256", header={"alg": "PS256", "kid": "rsa"}), "not the key's"),
    "RS512 said, RS256 done": (token(RSA, "RS256", header={"alg": "RS512", "kid": "rsa"}), "not the key's"),
    "signed by another key": (token(RSA_OTHER, kid="rsa"), "not the key's"),
    "signed by another key, without kid": (token(RSA_OTHER), "not the key's"),
    "kid that nobody has": (token(RSA, kid="other"), "the key 'other', which is not known"),
    "kid that is empty": (token(RSA, kid=""), "the key '', which is not known"),
    "kid that is a path": (token(RSA, kid="../../../../dev/null"), "which is not known"),
    "kid that is a statement": (token(RSA, kid="x' UNION SELECT 'secret"), "which is not known"),
    "kid that is a command": (token(RSA, kid="rsa|cat /etc/passwd"), "which is not known"),
    "kid in other case": (token(RSA, kid="RSA"), "which is not known"),
    "kid that is a number": (token(RSA, kid=0), "`kid` that is no text"),
    "kid that is a list": (token(RSA, kid=["rsa"]), "`kid` that is no text"),
    "kid that is null": (token(RSA, kid=None), "`kid` that is no text"),
    "jwk of the attacker": (token(EVIL, jwk=jwk(EVIL), kid="rsa"), "not the key's"),
    "jwk of the attacker alone": (token(EVIL, jwk=jwk(EVIL)), "not the key's"),
    "jku of the attacker": (token(EVIL, jku="https://evil.example/keys", kid="rsa"), "not the key's"),
    "x5u of the attacker": (token(EVIL, x5u="https://evil.example/cert", kid="rsa"), "not the key's"),
    "x5c of the attacker": (token(EVIL, x5c=[b64(b"cert")], kid="rsa"), "not the key's"),
    "crit that nobody knows": (token(RSA, kid="rsa", crit=["exp"], exp=1), "extensions in `crit`"),
    "crit that is empty": (token(RSA, kid="rsa", crit=[]), "extensions in `crit`"),
    "crit that is no list": (token(RSA, kid="rsa", crit="b64"), "extensions in `crit`"),
    "b64 false": (token(RSA, kid="rsa", b64=False), "another kind of token"),
    "b64 false, said in crit": (token(RSA, kid="rsa", b64=False, crit=["b64"]), "extensions in `crit`"),
    "zip": (token(RSA, kid="rsa", zip="DEF"), "another kind of token"),
    "enc": (token(RSA, kid="rsa", enc="A256GCM"), "another kind of token"),
    "JWE": (b".".join([b64(b'{"alg":"RSA-OAEP","enc":"A256GCM"}').encode()] + [b"AAAA"] * 4), "encrypted token"),
    "JWE with alg none": (b".".join([b64(b'{"alg":"none"}').encode()] + [b""] * 4), "encrypted token"),
    "token within a token": (token(RSA, kid="rsa", cty="JWT", payload=GOOD), "a token within a token"),
    "typ of a logout token": (token(RSA, kid="rsa", typ="logout+jwt"), "a token of the type 'logout\\+jwt'"),
    "typ of a proof": (token(RSA, kid="rsa", typ="dpop+jwt"), "a token of the type"),
    "typ of an event": (token(RSA, kid="rsa", typ="secevent+jwt"), "a token of the type"),
    "typ that is a number": (token(RSA, kid="rsa", typ=1), "`typ` that is no text"),
    "header with a member twice": (token(RSA, header=b'{"alg":"none","alg":"RS256","kid":"rsa"}'), "a member twice"),
    "claims with a member twice": (
        token(RSA, kid="rsa", payload=b'{"sub":"bob","sub":"alice"}'),
        "a payload that is a member twice",
    ),
    "header that is no object": (token(RSA, header=b'["RS256"]'), "header that is not a JSON object"),
    "header that is no JSON": (token(RSA, header=b"RS256"), "header that is not JSON"),
    "header in UTF-16": (token(RSA, header='{"alg":"RS256"}'.encode("utf-16-le")), "header that is not"),
    "claims that are no object": (token(RSA, kid="rsa", payload=b'"alice"'), "payload that is not a JSON object"),
    "claims in Latin-1": (token(RSA, kid="rsa", payload=b'{"sub":"\xe4"}'), "payload that is not UTF-8"),
    "signature left out": (GOOD.rpartition(b".")[0] + b".", "without a signature"),
    "signature and its dot left out": (GOOD.rpartition(b".")[0], "three parts"),
    "signature cut": (with_signature(lambda value: value[:-1], "rsa", "RS256"), "not the key's"),
    "signature with an octet more": (with_signature(lambda value: value + b"\0", "rsa", "RS256"), "not the key's"),
    "signature of Ed25519 cut": (with_signature(lambda value: value[:-1], "ed", "EdDSA"), "not the key's"),
    "signature of ES256 with r and s zero": (with_signature(lambda _: b"\0" * 64), "not the key's"),
    "signature of ES256 with r zero": (with_signature(lambda value: b"\0" * 32 + value[32:]), "not the key's"),
    "signature of ES256 with s zero": (with_signature(lambda value: value[:32] + b"\0" * 32), "not the key's"),
    "signature of ES256 with r of the order": (
        with_signature(
            lambda value: bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") + value[32:]
        ),
        "not the key's",
    ),
    "signature of ES256 of 63 octets": (with_signature(lambda value: value[:63]), "not the key's"),
    "signature of ES256 of 65 octets": (with_signature(lambda value: value + b"\0"), "not the key's"),
    "signature of ES256 with two halves padded": (
        with_signature(lambda value: b"\0" + value[:32] + b"\0" + value[32:]),
        "not the key's",
    ),
    "signature of ES256 in DER": (
        (signed := parts({"alg": "ES256", "kid": "p256"}, claims()))
        + b"."
        + b64(P256.sign(signed, ec.ECDSA(SHA256())) if isinstance(P256, ec.EllipticCurvePrivateKey) else b"").encode(),
        "not the key's",
    ),
    "signature that is the digest": (unsigned("RS256", hashlib.sha256(b"x").digest()), "not the key's"),
    "padding in the signature": (GOOD + b"=", "signature that is not base64url"),
    "padding in the header": (GOOD.replace(b".", b"=.", 1), "header that is not base64url"),
    "line end behind": (GOOD + b"\n", "signature that is not base64url"),
    "blank within": (GOOD.replace(b".", b". ", 1), "not the key's"),
    "plain base64": (b"+" + GOOD, "header that is not base64url"),
    "text behind": (GOOD + b" x", "signature that is not base64url"),
    "part behind": (GOOD + b".x", "three parts"),
    "dot behind": (GOOD + b".", "three parts"),
    "dot before": (b"." + GOOD, "three parts"),
    "JSON form": (json.dumps({"payload": "", "signatures": []}).encode(), "three parts"),
    "one part": (b"abc", "three parts"),
    "dots alone": (b"..", "header that is not JSON"),
    "nothing": (b"", "three parts"),
    "too long": (GOOD + b"A" * MAX_TOKEN_BYTES, f"more than {MAX_TOKEN_BYTES} octets"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str) -> None:
    text, message = REFUSED[case]
    with pytest.raises(TokenRefused, match=message):
        verify(text)


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [(f"{family}{size}", "RSA-2048") for family in ("RS", "PS") for size in (256, 384, 512)]
    + [("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521"), ("EdDSA", "Ed25519"), ("EdDSA", "Ed448")],
)
@pytest.mark.parametrize("kid", [None, "a"])
def test_takes_what_is_signed_well(algorithm: str, kind: str, kid: str | None) -> None:
    more = {} if kid is None else {"kid": kid}
    keys = KeySet.parse(key_set(jwk(private_key(kind), **more)))
    text = token(private_key(kind), algorithm, **more)
    assert verify(text, (algorithm,), keys) == claims()
    others = tuple(name for name in ALGORITHMS if name != algorithm)
    with pytest.raises(TokenRefused, match="not permitted"):
        verify(text, others, keys)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+JWT", "application/jwt"])
def test_takes_the_types_of_access_tokens(typ: str) -> None:
    assert verify(token(RSA, kid="rsa", typ=typ)) == claims()


def test_headers_that_say_nothing_to_weir_are_passed_over() -> None:
    more = {"jku": "https://evil.example", "x5t": "AA", "cty": "json", "nonce": "n", "b64": True, "kid": "rsa"}
    assert verify(token(RSA, header={"alg": "RS256", **more})) == claims()


def test_an_unknown_key_is_told_from_a_bad_token() -> None:
    with pytest.raises(KeyUnknown):
        verify(token(RSA, kid="new"))


def test_a_token_without_kid_is_tried_with_few_keys() -> None:
    entries = [jwk(private_key("Ed25519", index), kid=f"{index}") for index in range(5)]
    few, many = KeySet.parse(key_set(*entries[:4])), KeySet.parse(key_set(*entries))
    text = token(private_key("Ed25519", 3), "EdDSA")
    assert verify(text, keys=few) == claims()
    with pytest.raises(TokenRefused, match="which of 5 keys"):
        verify(text, keys=many)


@given(position=st.integers(0, len(GOOD) - 1), octet=st.integers(0, 255))
def test_no_octet_can_be_changed(position: int, octet: int) -> None:
    changed = GOOD[:position] + bytes([octet]) + GOOD[position + 1 :]
    if changed == GOOD:
        return
    with pytest.raises(TokenRefused):
        verify(changed)


@given(st.binary(max_size=80))
def test_any_octets_are_refused(text: bytes) -> None:
    with pytest.raises(TokenRefused):
        verify(text)


@given(
    header=st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "cty", "crit", "b64", "enc"]),
        st.sampled_from(["RS256", "none", "rsa", "JWT"]) | st.none() | st.booleans() | st.integers() | st.just([]),
    )
)
def test_no_header_makes_a_signature_of_none(header: dict[str, object]) -> None:
    with pytest.raises(TokenRefused):
        verify(parts(header, claims()) + b"." + b64(b"\0" * 256).encode())
