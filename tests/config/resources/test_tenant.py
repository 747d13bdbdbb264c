"""Tenants are for namespaces by name or by label, not both."""

from __future__ import annotations

from config.resources.tenant import Tenant
from tests.config.resources.own_kinds import read, refusal


def test_reads_quota_and_limits() -> None:
    """Sizes are quantities, limits as in a TrafficPolicy."""
    spec = {"namespaces": ["shop"], "quota": {"bytesPerMonth": "1Ti"}, "rateLimits": [{"name": "a", "concurrency": 5}]}
    quota = read(Tenant, spec).spec.quota
    assert quota.bytes_per_month is not None
    assert quota.bytes_per_month.bytes == 2**40


def test_is_for_names_or_labels() -> None:
    """Neither and both are refused."""
    assert "exactly one" in refusal(Tenant, {})
    assert "exactly one" in refusal(Tenant, {"namespaces": ["a"], "selector": {"matchLabels": {"a": "b"}}})
