"""A policy on trial lets all in and says whom it would not have."""

from __future__ import annotations

from config.resources.access import JWTAccess, KeySet, SourceAccess
from policies.access import key_set
from policies.access.dry_run import DryRun
from policies.access.jwt import JWTStep
from policies.access.material import FixedMaterial
from policies.access.sources import SourcesStep
from policies.verdict import Ask
from tests.support.issuer import ISSUER
from tests.support.subjects import subject

SOURCES = DryRun(SourcesStep(SourceAccess(deny=("10.0.0.0/8",))))


def test_a_refusal_is_noted_with_the_step_and_its_reason() -> None:
    request = subject(address="10.0.0.1")
    assert SOURCES.decide(request) is None
    assert request.would_deny == [("access.sources", "10.0.0.1 is in 10.0.0.0/8, which is refused")]


def test_who_would_come_in_is_not_noted() -> None:
    request = subject()
    assert SOURCES.decide(request) is None
    assert request.would_deny == []


def test_questions_are_asked_and_refusals_after_them_noted() -> None:
    keys: FixedMaterial[key_set.KeySet] = FixedMaterial(key_set.KeySet(()))
    keys.current = None
    spec = JWTAccess(issuer=ISSUER, jwks=KeySet(file="x"), claims_to_headers={"sub": "x-user"})
    step = DryRun(JWTStep(spec, keys))
    request = subject("authorization: Bearer a.b.c", "x-user: mallory")
    assert isinstance(step.decide(request), Ask)
    assert step.resume(request, None) is None
    assert request.would_deny == [("access.jwt", "the keys of the issuer are not known")]
    assert b"x-user" in request.request_drop, "on trial too nobody is believed who writes it himself"
