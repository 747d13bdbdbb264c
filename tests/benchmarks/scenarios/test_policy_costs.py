"""Tests that what policies ask for is what the load brings."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks.scenarios.policy_costs import MANY, ONE, credentials
from config.resources.traffic_policy import TrafficPolicySpec


def test_every_policy_is_one_that_weir_takes(tmp_path: Path) -> None:
    headers, policies = credentials(tmp_path)
    assert ONE in policies
    assert MANY not in policies
    for fields in policies.values():
        TrafficPolicySpec.model_validate(yaml.safe_load(f"{{{fields}}}"))
    assert headers.keys() == {"x-token", "x-api-key", "authorization"}
    assert all((tmp_path / name).exists() for name in ("jwks.json", "users"))
