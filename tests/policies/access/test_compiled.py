"""From the `access` of a TrafficPolicy to its steps: which there are, in which order, and what they are made with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from config.resources.traffic_policy import TrafficPolicySpec
from config.snapshot import PolicySecret
from policies.access.credentials import Credentials
from policies.access.dry_run import DryRun
from policies.access.material import FixedMaterial
from policies.environment import Environment
from policies.registry import POLICIES
from policies.step import Step
from policies.verdict import Ask, Denial
from tests.support.issuer import private_key, token
from tests.support.subjects import TagIs, subject

NETWORKS = {"deny": ["192.0.2.0/24"]}
JWT = {"issuer": "https://id.example", "jwks": {"file": "keys.json"}}
SECRET = {"name": "keys"}
KEY = private_key("P-256")
NO_SECRETS: Mapping[str, PolicySecret] = {}
WHOLE = {
    "rules": [{"name": "all", "when": "a=b", "action": "Deny"}],
    "basic": {"htpasswdFile": "users"},
    "apiKey": {"file": "keys"},
    "jwt": JWT,
    "identity": {"dnsNames": ["a.example"]},
    "sources": NETWORKS,
}


class Asked:
    """Has no keys and no passwords, and remembers which were asked for."""

    memo_key = bytes(32)

    def __init__(self) -> None:
        self.files: list[str] = []
        self.urls: list[tuple[str, float, float]] = []
        self.secrets: list[str] = []

    def _file(self, path: Path) -> FixedMaterial[None]:
        self.files.append(str(path))
        return FixedMaterial(None)

    keys_of_file = passwords_of_file = api_keys_of_file = _file

    def _secret(self, secret: PolicySecret) -> FixedMaterial[None]:
        self.secrets.append(secret.name)
        return FixedMaterial(None)

    keys_of_secret = passwords_of_secret = _secret

    def keys_of_url(self, url: str, refresh_s: float, timeout_s: float) -> FixedMaterial[None]:
        self.urls.append((url, refresh_s, timeout_s))
        return FixedMaterial(None)


def steps(
    access: dict[str, object], asked: Asked | None = None, secrets: Mapping[str, PolicySecret] = NO_SECRETS
) -> list[Step]:
    spec = TrafficPolicySpec.model_validate({"access": access}).access
    assert spec is not None
    environment = Environment(TagIs, cast(Credentials, asked or Asked()), secrets)
    made = (policy.compile(spec, environment) for policy in POLICIES if policy.field == "access")
    return [step for step in made if step is not None]


def test_only_the_parts_that_are_set_make_steps() -> None:
    assert steps({}) == []
    assert [step.name for step in steps({"sources": NETWORKS})] == ["access.sources"]


def test_the_cheap_go_first_and_rules_last() -> None:
    names = [step.name for step in steps(WHOLE)]
    assert names == [
        "access.sources",
        "access.identity",
        "access.jwt",
        "access.apiKey",
        "access.basic",
        "access.rules",
    ]


def test_each_part_asks_for_its_own_material() -> None:
    asked = Asked()
    steps(WHOLE, asked)
    assert sorted(asked.files) == ["keys", "keys.json", "users"]
    jwks = {"url": "https://id.example/keys", "refresh": "1m", "timeout": "2s"}
    steps({"jwt": {**JWT, "jwks": jwks}}, asked)
    assert asked.urls == [("https://id.example/keys", 60.0, 2.0)]


@pytest.mark.parametrize(
    ("access", "reason"),
    [
        ({"identity": {"dnsNames": ["a.example"]}}, "identity is not carried out by this version"),
        (
            {"external": {"backendRef": {"name": "asked", "port": 80}, "protocol": "GRPC"}},
            "protocol is not carried out by this version",
        ),
    ],
)
def test_what_is_not_carried_out_lets_nobody_in(access: dict[str, object], reason: str) -> None:
    (step,) = steps(access)
    verdict = step.decide(subject())
    assert isinstance(verdict, Denial)
    assert (verdict.status, verdict.reason) == (500, reason)


def test_keys_and_passwords_of_secrets_are_those_of_the_policy() -> None:
    asked = Asked()
    secrets = {
        "access.jwt.jwks.secretRef": PolicySecret("shop/keys", b"k"),
        "access.basic.secretRef": PolicySecret("shop/users", b"u"),
    }
    access = {"jwt": {**JWT, "jwks": {"secretRef": SECRET}}, "basic": {"secretRef": SECRET}}
    assert [step.name for step in steps(access, asked, secrets)] == ["access.jwt", "access.basic"]
    assert asked.secrets == ["shop/keys", "shop/users"]


@pytest.mark.parametrize(
    ("access", "authorization"),
    [
        ({"jwt": {**JWT, "jwks": {"secretRef": SECRET}}}, "authorization: Bearer " + token(KEY, "ES256").decode()),
        ({"basic": {"secretRef": SECRET}}, "authorization: Basic YTpi"),
    ],
)
def test_without_its_secret_a_part_lets_nobody_in(access: dict[str, object], authorization: str) -> None:
    (step,) = steps(access)
    asking = subject(authorization)
    verdict = step.decide(asking)
    if isinstance(verdict, Ask):
        # There are no newer keys than none.
        verdict = step.resume(asking, None)
    assert isinstance(verdict, Denial)
    assert verdict.status == 503


def test_on_trial_every_part_only_notes() -> None:
    made = steps({**WHOLE, "dryRun": True})
    assert len(made) == 6
    assert all(isinstance(step, DryRun) for step in made)
