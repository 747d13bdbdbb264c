"""API keys: who has one comes in under its owner's name, and the key stays here."""

from __future__ import annotations

from hashlib import sha256

import pytest

from config.resources.access import APIKeyAccess, TokenPlace
from policies.access.api_key import MAX_KEY_BYTES, APIKeys, APIKeyStep
from policies.access.material import FixedMaterial
from policies.subject import Subject
from policies.verdict import Denial
from tests.support.subjects import subject


def hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def step(**fields: object) -> APIKeyStep:
    return APIKeyStep(APIKeyAccess.model_validate({"hashes": {"shop": hashed("k1"), "till": hashed("k2")}, **fields}))


def refusal(step: APIKeyStep, request: Subject) -> Denial:
    verdict = step.decide(request)
    assert isinstance(verdict, Denial)
    return verdict


@pytest.mark.parametrize(("key", "owner"), [("k1", "shop"), ("k2", "till")])
def test_a_key_lets_its_owner_in_and_does_not_go_on(key: str, owner: str) -> None:
    request = subject(f"x-api-key: {key}")
    assert step().decide(request) is None
    assert request.identity == owner
    assert request.request_drop == {b"x-api-key"}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "no API key"),
        (("x-api-key:",), "no API key"),
        (("x-api-key: k3",), "not known"),
        (("x-api-key: K1",), "not known"),
        ((f"x-api-key: {hashed('k1')}",), "not known"),
        (("x-api-key: k1", "x-api-key: k2"), "two different API keys"),
        (("x-api-key: k1, k2",), "not known"),
        ((f"x-api-key: {'k' * (MAX_KEY_BYTES + 1)}",), "more than 1024 octets"),
        (("authorization: Bearer k1",), "no API key"),
    ],
)
def test_without_a_good_key_nobody_comes_in(lines: tuple[str, ...], reason: str) -> None:
    request = subject(*lines)
    denial = refusal(step(), request)
    assert (denial.status, denial.lines) == (401, (b'www-authenticate: ApiKey realm="weir"\r\n',))
    assert reason in denial.reason and request.identity == ""


def test_a_key_is_not_in_the_log() -> None:
    assert "s3cret" not in refusal(step(), subject("x-api-key: s3cret")).reason


def test_a_key_may_stand_in_a_cookie_or_the_query_or_behind_a_scheme() -> None:
    cookie = subject("cookie: a=1; key=k1")
    assert step(from_=TokenPlace(cookie="key")).decide(cookie) is None
    assert cookie.request_lines == [b"cookie: a=1\r\n"]
    assert step(from_=TokenPlace(query="key")).decide(subject(target="/?key=k1")) is None
    scheme = subject("authorization: ApiKey k1")
    assert step(from_=TokenPlace(header="authorization", prefix="ApiKey ")).decide(scheme) is None
    assert scheme.request_drop == {b"authorization"}


def test_a_refused_key_does_not_go_on_either() -> None:
    request = subject("x-api-key: k3")
    refusal(step(), request)
    assert request.request_drop == {b"x-api-key"}


def test_keys_of_a_file_count_beside_those_of_the_configuration() -> None:
    file: FixedMaterial[APIKeys] = FixedMaterial(APIKeys({"lorry": hashed("k9")}))
    both = APIKeyStep(APIKeyAccess(hashes={"shop": hashed("k1")}), file)
    for key, owner in (("k1", "shop"), ("k9", "lorry")):
        request = subject(f"x-api-key: {key}")
        assert both.decide(request) is None
        assert request.identity == owner
    file.current = APIKeys({})
    assert refusal(both, subject("x-api-key: k9")).status == 401
    file.current = None
    assert both.decide(subject("x-api-key: k1")) is None
    assert refusal(both, subject("x-api-key: k9")).status == 503


def test_a_file_has_a_name_and_a_hash_per_line() -> None:
    keys = APIKeys.parse(f"# machines\nshop:{hashed('k1')}\n\ntill:{hashed('k2')}\n".encode())
    assert (keys.owner(b"k1"), keys.owner(b"k2"), keys.owner(b"k3"), keys.owner(b"")) == ("shop", "till", None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shop:k1", "line 1: shop has no SHA-256 of 64 hexadecimal digits in lower case"),
        (f"shop:{hashed('k1').upper()}", "line 1: shop has no SHA-256"),
        (f"shop:{hashed('k1')} ", "line 1: shop has no SHA-256"),
        (f"shop:{hashed('k1')}\ntill:{hashed('k1')}", "line 2: till has the key of line 1"),
        (f"shop:{hashed('k1')}\nshop:{hashed('k2')}", "line 2: shop is on line 1 already"),
        ("shop", "line 1: no `name:`"),
    ],
)
def test_a_file_is_refused_by_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        APIKeys.parse(text.encode())
