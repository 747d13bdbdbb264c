"""Key sets: what can verify a signature is taken, what is dangerous is refused, the rest is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from policies.access.key_set import ALGORITHMS, MAX_KEYS, KeySet
from tests.support.issuer import b64, jwk, key_set, number, private_key, sign

RSA = private_key("RSA-2048")
P256 = private_key("P-256")
ED25519 = private_key("Ed25519")
RSA_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}


def refusal(*keys: Mapping[str, object]) -> str:
    with pytest.raises(ValueError) as caught:
        KeySet.parse(key_set(*keys))
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "algorithms"),
    [
        ("RSA-2048", RSA_ALGORITHMS),
        ("P-256", {"ES256"}),
        ("P-384", {"ES384"}),
        ("P-521", {"ES512"}),
        ("Ed25519", {"EdDSA"}),
        ("Ed448", {"EdDSA"}),
    ],
)
def test_a_key_is_good_for_the_algorithms_of_its_type_and_curve(kind: str, algorithms: set[str]) -> None:
    private = private_key(kind)
    (key,) = KeySet.parse(key_set(jwk(private, kid="a"))).keys
    assert key.algorithms == algorithms
    for algorithm in algorithms:
        assert key.verify(algorithm, b"signed", sign(private, algorithm, b"signed"))
        assert not key.verify(algorithm, b"other", sign(private, algorithm, b"signed"))


def test_a_key_that_names_its_algorithm_is_good_for_no_other() -> None:
    (key,) = KeySet.parse(key_set(jwk(RSA, alg="PS384"))).keys
    assert key.algorithms == {"PS384"}


def test_every_algorithm_is_of_public_keys() -> None:
    assert not any(name == "none" or name.startswith("HS") for name in ALGORITHMS)


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "AKP", "pub": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "OKP"},
        jwk(RSA, use="enc"),
        jwk(RSA, use="other"),
        jwk(RSA, key_ops=["encrypt"]),
        jwk(RSA, key_ops="verify"),
        jwk(RSA, alg="RSA-OAEP"),
        jwk(RSA, alg="HS256"),
        jwk(RSA, alg="none"),
        jwk(P256, alg="RS256"),
        jwk(P256, alg="ES384"),
    ],
)
def test_what_can_verify_nothing_is_left_out(other: dict[str, object]) -> None:
    assert len(KeySet.parse(key_set(other, jwk(ED25519, use="sig", key_ops=["verify"]))).keys) == 1
    assert refusal(other) == "no key of the key set can verify a signature"


def private_members(key: object) -> dict[str, object]:
    assert isinstance(key, rsa.RSAPrivateKey)
    return {"d": number(key.private_numbers().d)}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (jwk(RSA, **private_members(RSA)), "private one, by its member d"),
        (jwk(P256, d="AA"), "key 1 of the key set is a private one, by its member d"),
        ({"kty": "AKP", "pub": "AA", "priv": "AA"}, "private one, by its member priv"),
        (jwk(RSA, use="enc", q="AA"), "private one, by its member q"),
        ({"kty": "oct", "k": "AAAA"}, "a shared secret (kty oct)"),
        ({"kty": "oct"}, "a shared secret (kty oct)"),
        (jwk(private_key("RSA-1024")), "an RSA key of 1024 bits, not of 2048 to 8192"),
        ({"kty": "RSA", "n": b64(b"\xff" * 1100), "e": "AQAB"}, "an RSA key of 8800 bits"),
        ({"kty": "RSA", "n": jwk(RSA)["n"], "e": "Ag"}, "no valid RSA key"),
        ({**jwk(RSA), "e": b64(b"\1" * 9)}, "an RSA key with an exponent of 9 octets, more than 8"),
        ({"kty": "RSA", "n": jwk(RSA)["n"]}, "has no `e`"),
        ({"kty": "RSA", "n": "", "e": "AQAB"}, "has a `n` that is no text, or empty"),
        ({"kty": "RSA", "n": "a=b", "e": "AQAB"}, "has a `n` that is not base64url"),
        ({"kty": "RSA", "n": 5, "e": "AQAB"}, "has a `n` that is no text"),
        ({**jwk(P256), "x": "AA"}, "has a `x` of 1 octets, not 32"),
        ({**jwk(P256), "x": b64(b"\1" * 32)}, "no valid EC key"),
        ({**jwk(ED25519), "x": b64(b"\1" * 31)}, "has a `x` of 31 octets, not 32"),
        (jwk(RSA, kid=7), "has a `kid` that is no text"),
        (jwk(RSA, alg=None), "has a `alg` that is no text"),
        ({"n": "AA"}, "key 1 of the key set has no `kty`"),
    ],
)
def test_what_is_broken_weak_or_secret_is_refused_by_its_place(key: dict[str, object], message: str) -> None:
    assert message in refusal(key)
    assert refusal(jwk(ED25519), key).startswith("key 2 of the key set ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the key set is not JSON"),
        (b"[]", "the key set is not a JSON object"),
        (b"{}", "no list `keys`"),
        (b'{"keys": {}}', "no list `keys`"),
        (b'{"keys": []}', "no key of the key set can verify"),
        (b'{"keys": [1]}', "key 1 of the key set is no JSON object"),
        (b'{"keys": [], "keys": []}', "a member twice: 'keys'"),
        (json.dumps({"keys": [{"kty": "AKP"}] * (MAX_KEYS + 1)}).encode(), "has 101 keys, more than 100"),
        (b"-----BEGIN PUBLIC KEY-----", "not JSON"),
    ],
)
def test_what_is_no_key_set_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KeySet.parse(text)


def test_keys_are_found_by_their_name() -> None:
    keys = KeySet.parse(key_set(jwk(RSA, kid="a"), jwk(P256, kid="b"), jwk(ED25519), jwk(ED25519, kid="a")))
    assert [sorted(key.algorithms) for key in keys.find("a")] == [sorted(RSA_ALGORITHMS), ["EdDSA"]]
    assert [sorted(key.algorithms) for key in keys.find("b")] == [["ES256"]]
    assert keys.find("c") == keys.find("") == keys.find("../a") == ()
    assert len(keys.find(None)) == 4


def test_a_name_may_be_anything_and_means_nothing_but_itself() -> None:
    names = ["../../etc/passwd", "' OR 1=1 --", "|id", "https://evil.example/keys", "\0"]
    keys = KeySet.parse(key_set(*(jwk(P256, kid=name) for name in names)))
    assert all(len(keys.find(name)) == 1 for name in names)


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\0" * 63, b"\0" * 65, b"\xff" * 64, b"\0" * 128])
def test_a_signature_of_zeros_or_another_length_is_none(signature: bytes) -> None:
    (key,) = KeySet.parse(key_set(jwk(P256))).keys
    assert not key.verify("ES256", b"signed", signature)


def test_a_signature_in_der_is_none() -> None:
    assert isinstance(P256, ec.EllipticCurvePrivateKey)
    (key,) = KeySet.parse(key_set(jwk(P256))).keys
    assert not key.verify("ES256", b"signed", P256.sign(b"signed", ec.ECDSA(SHA256())))


members = st.dictionaries(
    st.sampled_from(["kty", "n", "e", "x", "y", "crv", "alg", "use", "kid", "key_ops", "d"]),
    st.sampled_from(["RSA", "EC", "OKP", "P-256", "AQAB", "", "sig", "RS256", "verify"]) | st.none() | st.integers(),
)


@given(st.lists(members | st.integers(), max_size=3))
def test_any_key_set_is_taken_or_refused(entries: list[object]) -> None:
    try:
        keys = KeySet.parse(json.dumps({"keys": entries}).encode())
    except ValueError:
        return
    assert keys.keys
