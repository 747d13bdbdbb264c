"""Who may come in: choices that exclude each other, defaults and bounds."""

from __future__ import annotations

import pytest

from config.resources.traffic_policy import TrafficPolicy
from tests.config.resources.own_kinds import read, refusal


def access(**parts: object) -> dict[str, object]:
    return {"access": parts}


def jwt(**fields: object) -> dict[str, object]:
    return access(jwt={"issuer": "https://id.example", "jwks": {"file": "keys.json"}, **fields})


def test_jwt_has_careful_defaults() -> None:
    policy = read(TrafficPolicy, jwt())
    assert policy.spec.access is not None and policy.spec.access.jwt is not None
    found = policy.spec.access.jwt
    assert "none" not in found.algorithms
    assert (found.from_[0].header, found.from_[0].prefix) == ("authorization", "Bearer ")
    assert (found.forward, found.leeway.seconds, found.jwks.refresh.seconds) == (False, 30.0, 600.0)


def test_algorithm_none_is_refused() -> None:
    assert "Input should be" in refusal(TrafficPolicy, jwt(algorithms=["none"]))


def test_keys_come_from_one_place() -> None:
    assert "exactly one of file, url, secretRef must be set, not none" in refusal(TrafficPolicy, jwt(jwks={}))
    both = {"file": "a", "url": "https://a.example"}
    assert "not file and url" in refusal(TrafficPolicy, jwt(jwks=both))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (jwt(leeway="6m"), "must be 0s to 5m, not 6m"),
        (jwt(jwks={"file": "a", "refresh": "0s"}), "must be over 0s"),
        (jwt(**{"from": [{"header": "a", "cookie": "b"}]}), "exactly one of header, cookie, query must be set"),
        (access(basic={}), "exactly one of htpasswdFile, secretRef must be set"),
        (access(apiKey={"hashes": {"a": "short"}}), "should match pattern"),
        (access(sources={"allow": ["10.0.0.0/33"]}), "an address or network such as 10.0.0.0/8 is expected"),
        (access(external={"backendRef": {"name": "a", "port": 1}, "timeout": "0"}), "must be over 0s"),
        (access(rules=[{"name": "a", "when": "", "action": "Allow"}]), "at least 1 character"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(TrafficPolicy, spec)


def test_authorizer_that_does_not_answer_denies() -> None:
    policy = read(TrafficPolicy, access(external={"backendRef": {"name": "a", "port": 1}}))
    assert policy.spec.access is not None and policy.spec.access.external is not None
    assert policy.spec.access.external.on_failure == "Deny"


def test_claims_set_no_header_that_frames_the_message_and_none_twice() -> None:
    assert "content-length is not for a claim" in refusal(TrafficPolicy, jwt(claimsToHeaders={"sub": "Content-Length"}))
    assert "two claims for the header x-user" in refusal(
        TrafficPolicy, jwt(claimsToHeaders={"sub": "x-user", "name": "X-User"})
    )
    assert read(TrafficPolicy, jwt(claimsToHeaders={"sub": "x-user"})).spec.access is not None
