"""Requests with and without tokens: who comes in, what the client is told, and what goes on to the backend."""

from __future__ import annotations

import pytest

from config.resources.access import JWTAccess, TokenPlace
from config.resources.access import KeySet as KeySetSpec
from config.resources.scalars import Duration
from policies.access import key_set as key_set_module
from policies.access.jwt import JWTStep
from policies.access.key_set import KeySet
from policies.access.material import FixedMaterial
from policies.access.questions import RefreshKeys
from policies.subject import Subject
from policies.verdict import Ask, Denial
from tests.support.issuer import ISSUER, claims, jwk, key_set, private_key, token
from tests.support.subjects import NOW_S, subject

RSA = private_key("RSA-2048")
NEW = private_key("RSA-2048", 1)
OLD_KEYS = key_set(jwk(RSA, kid="old"))
NEW_KEYS = key_set(jwk(RSA, kid="old"), jwk(NEW, kid="new"))
HEADER = TokenPlace(header="authorization", prefix="Bearer ")
COOKIE = TokenPlace(cookie="token")
QUERY = TokenPlace(query="access_token")


def spec(**fields: object) -> JWTAccess:
    return JWTAccess.model_validate({"issuer": ISSUER, "jwks": KeySetSpec(file="keys.json"), **fields})


class Issuer:
    """Keys that may be replaced, and a step with them."""

    def __init__(self, keys: bytes | None = OLD_KEYS, **fields: object) -> None:
        self.material: FixedMaterial[KeySet] = FixedMaterial(KeySet.parse(OLD_KEYS))
        self.material.current = KeySet.parse(keys) if keys is not None else None
        self.step = JWTStep(spec(**fields), self.material)

    def refusal(self, request: Subject) -> Denial:
        verdict = self.step.decide(request)
        assert isinstance(verdict, Denial)
        return verdict


def bearer(text: bytes, *fields: str, target: str = "/", now_s: float = NOW_S) -> Subject:
    return subject(f"authorization: Bearer {text.decode()}", *fields, target=target, now_s=now_s)


GOOD = token(RSA, kid="old")


def test_a_good_token_lets_its_subject_in() -> None:
    request = bearer(GOOD)
    assert Issuer().step.decide(request) is None
    assert request.identity == "alice"
    assert request.claims == claims()


def test_a_token_without_a_subject_lets_nobody_in_particular_in() -> None:
    request = bearer(token(RSA, kid="old", payload=claims(sub=None)))
    assert Issuer().step.decide(request) is None
    assert request.identity == "" and request.claims["iss"] == ISSUER
    request.identity = "certificate"
    assert Issuer().step.decide(request) is None
    assert request.identity == "certificate", "what another step found holds on"


@pytest.mark.parametrize(
    ("request_", "status", "line", "reason"),
    [
        (subject(), 401, b'Bearer realm="weir"', "no token"),
        (subject("authorization: Basic YTpi"), 401, b'Bearer realm="weir"', "no token"),
        (bearer(b"x"), 401, b'Bearer realm="weir", error="invalid_token"', "three parts"),
        (bearer(token(NEW, kid="old")), 401, b'Bearer realm="weir", error="invalid_token"', "not the key's"),
        (
            bearer(token(RSA, kid="old", payload=claims(exp=1))),
            401,
            b'Bearer realm="weir", error="invalid_token"',
            "ended",
        ),
        (
            bearer(token(RSA, kid="old", payload=claims(role="user"))),
            403,
            b'Bearer realm="weir", error="insufficient_scope"',
            "claim `role`",
        ),
        (
            subject("authorization: Bearer a", "authorization: Bearer b"),
            400,
            b'Bearer realm="weir", error="invalid_request"',
            "two different tokens",
        ),
    ],
)
def test_the_answer_says_which_error_and_the_log_says_why(
    request_: Subject, status: int, line: bytes, reason: str
) -> None:
    denial = Issuer(require_claims={"role": "admin"}).refusal(request_)
    assert (denial.status, denial.lines) == (status, (b"www-authenticate: " + line + b"\r\n",))
    assert reason in denial.reason
    assert request_.identity == "" and not request_.claims


def test_only_configured_algorithms_are_taken() -> None:
    assert Issuer(algorithms=("RS256",)).step.decide(bearer(GOOD)) is None
    assert "not permitted" in Issuer(algorithms=("ES256", "RS384")).refusal(bearer(GOOD)).reason


def test_a_token_that_one_policy_knows_is_not_good_for_another() -> None:
    first = Issuer()
    assert first.step.decide(bearer(GOOD)) is None
    others = {
        "not permitted": spec(algorithms=("PS256",)),
        "audience": spec(audiences=("billing",)),
        "issuer": spec(issuer="https://other.example"),
    }
    for reason, other in others.items():
        verdict = JWTStep(other, first.material).decide(bearer(GOOD))
        assert isinstance(verdict, Denial) and verdict.status == 401 and reason in verdict.reason


@pytest.mark.parametrize("place", [HEADER, COOKIE, QUERY, TokenPlace(header="x-token")])
def test_a_token_is_found_in_its_place_alone(place: TokenPlace) -> None:
    text = GOOD.decode()
    requests = {
        HEADER: subject(f"authorization: Bearer {text}"),
        COOKIE: subject(f"cookie: a=1; token={text}"),
        QUERY: subject(target=f"/?access_token={text}"),
        TokenPlace(header="x-token"): subject(f"x-token: {text}"),
    }
    step = Issuer(from_=(place,)).step
    for where, request in requests.items():
        verdict = step.decide(request)
        if where == place:
            assert verdict is None
        else:
            assert isinstance(verdict, Denial) and verdict.reason == "no token"


def test_the_same_token_twice_is_one_and_two_are_refused() -> None:
    places = (HEADER, COOKIE, QUERY)
    text, other = GOOD.decode(), token(RSA, kid="old", payload=claims(sub="mallory")).decode()
    same = bearer(GOOD, f"cookie: token={text}", f"authorization: Bearer {text}", target=f"/?access_token={text}")
    assert Issuer(from_=places).step.decide(same) is None
    for request in (
        bearer(GOOD, f"cookie: token={other}"),
        bearer(GOOD, target=f"/?access_token={other}"),
        bearer(GOOD, f"authorization: Bearer {other}"),
        subject(target=f"/?access_token={text}&access_token={other}"),
        subject(f"cookie: token={other}; token={text}"),
    ):
        assert Issuer(from_=places).refusal(request).status == 400


def test_the_token_does_not_go_on() -> None:
    request = bearer(GOOD, f"cookie: a=1; token={GOOD.decode()}; b=2")
    assert Issuer(from_=(HEADER, COOKIE)).step.decide(request) is None
    assert request.request_drop == {b"authorization", b"cookie"}
    assert request.request_lines == [b"cookie: a=1; b=2\r\n"]


def test_the_token_goes_on_where_it_is_to() -> None:
    request = bearer(GOOD, f"cookie: a=1; token={GOOD.decode()}")
    assert Issuer(from_=(HEADER, COOKIE), forward=True).step.decide(request) is None
    assert not request.request_drop and not request.request_lines


def test_what_is_no_token_goes_on() -> None:
    request = subject("authorization: Basic YTpi")
    Issuer().step.decide(request)
    assert not request.request_drop


def test_claims_become_headers_and_tags() -> None:
    request = bearer(
        token(RSA, kid="old", payload=claims(groups=["a", "b"], level=3, name="J\u00fcrgen")), "x-user: mallory"
    )
    issuer = Issuer(
        claims_to_headers={"sub": "X-User", "groups": "x-groups", "name": "x-name", "absent": "x-absent"},
        claims_to_tags={"level": "tier", "absent": "lane"},
    )
    assert issuer.step.decide(request) is None
    assert request.request_drop == {b"authorization", b"x-user", b"x-groups", b"x-name", b"x-absent"}
    assert request.request_lines == [b"x-user: alice\r\n", b"x-groups: a,b\r\n", "x-name: J\u00fcrgen\r\n".encode()]
    assert request.tags == {"tier": "3"}


def test_a_claim_cannot_write_a_second_header() -> None:
    request = bearer(token(RSA, kid="old", payload=claims(name="a\r\nx-admin: yes")))
    assert Issuer(claims_to_headers={"name": "x-name"}).step.decide(request) is None
    assert request.request_lines == [] and b"x-name" in request.request_drop


@pytest.mark.parametrize("fields", [(), ("authorization: Bearer x",), ("authorization: Bearer a.b.c",)])
def test_headers_of_claims_are_dropped_from_refused_requests_too(fields: tuple[str, ...]) -> None:
    request = subject("x-user: mallory", *fields)
    Issuer(claims_to_headers={"sub": "x-user"}).refusal(request)
    assert b"x-user" in request.request_drop


def test_an_unknown_key_is_asked_for_once() -> None:
    issuer = Issuer()
    request = bearer(token(NEW, kid="new"))
    verdict = issuer.step.decide(request)
    assert isinstance(verdict, Ask) and isinstance(verdict.question, RefreshKeys)
    assert verdict.question.keys is issuer.material
    issuer.material.current = KeySet.parse(NEW_KEYS)
    assert issuer.step.resume(request, None) is None
    assert request.identity == "alice"


def test_a_key_that_stays_unknown_is_a_bad_token() -> None:
    issuer = Issuer()
    request = bearer(token(NEW, kid="new"))
    assert isinstance(issuer.step.decide(request), Ask)
    verdict = issuer.step.resume(request, None)
    assert isinstance(verdict, Denial) and verdict.status == 401 and "not known" in verdict.reason
    assert b"invalid_token" in verdict.lines[0]


def test_a_bad_signature_of_a_known_key_asks_for_nothing() -> None:
    assert Issuer().refusal(bearer(token(NEW, kid="old"))).status == 401


def test_without_keys_they_are_asked_for_and_then_nobody_comes_in() -> None:
    issuer = Issuer(None)
    request = bearer(GOOD)
    assert isinstance(issuer.step.decide(request), Ask)
    verdict = issuer.step.resume(request, None)
    assert isinstance(verdict, Denial) and (verdict.status, verdict.lines) == (503, ())
    issuer.material.current = KeySet.parse(OLD_KEYS)
    assert issuer.step.resume(request, None) is None


def test_without_a_token_no_keys_are_asked_for() -> None:
    assert Issuer(None).refusal(subject()).status == 401


def test_what_resumes_strips_and_sets_once() -> None:
    issuer = Issuer(None, from_=(COOKIE,), claims_to_headers={"sub": "x-user"})
    request = subject(f"cookie: a=1; token={GOOD.decode()}")
    assert isinstance(issuer.step.decide(request), Ask)
    issuer.material.current = KeySet.parse(OLD_KEYS)
    assert issuer.step.resume(request, None) is None
    assert request.request_lines == [b"cookie: a=1\r\n", b"x-user: alice\r\n"]


def test_a_signature_is_checked_once_and_the_claims_each_time() -> None:
    issuer = Issuer(leeway=Duration("0s"))
    keys = issuer.material.current
    assert keys is not None
    assert issuer.step.decide(bearer(GOOD)) is None
    assert len(keys.verified) == 1
    # With no key left, only what is remembered can let anyone in.
    object.__setattr__(keys, "_by_kid", {})
    assert issuer.step.decide(bearer(GOOD)) is None
    assert isinstance(issuer.step.decide(bearer(token(RSA, kid="old", payload=claims(sub="bob")))), Ask)
    assert "ended" in issuer.refusal(bearer(GOOD, now_s=NOW_S + 600)).reason


def test_a_bad_token_is_not_remembered() -> None:
    issuer = Issuer()
    assert issuer.refusal(bearer(token(NEW, kid="old"))).status == 401
    assert issuer.material.current is not None and len(issuer.material.current.verified) == 0


def test_with_new_keys_nothing_is_remembered() -> None:
    issuer = Issuer()
    assert issuer.step.decide(bearer(GOOD)) is None
    issuer.material.current = KeySet.parse(key_set(jwk(NEW, kid="old")))
    assert "not the key's" in issuer.refusal(bearer(GOOD)).reason


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_set_module, "TOKENS_KEPT", 3)
    issuer = Issuer()
    for index in range(5):
        assert issuer.step.decide(bearer(token(RSA, kid="old", payload=claims(sub=f"{index}")))) is None
    assert issuer.material.current is not None and len(issuer.material.current.verified) == 3


def test_leeway_holds_at_both_ends() -> None:
    issuer = Issuer(leeway=Duration("10s"))
    assert issuer.step.decide(bearer(GOOD, now_s=NOW_S + 609)) is None
    assert issuer.refusal(bearer(GOOD, now_s=NOW_S + 610)).status == 401
    assert issuer.step.decide(bearer(GOOD, now_s=NOW_S - 70)) is None
    assert issuer.refusal(bearer(GOOD, now_s=NOW_S - 71)).status == 401
