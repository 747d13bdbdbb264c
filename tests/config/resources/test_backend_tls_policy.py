"""BackendTLSPolicies: one kind of authority, and names that fit their type."""

from __future__ import annotations

import pytest

from config.resources.backend_tls_policy import BackendTLSPolicy
from tests.config.resources.own_kinds import read, refusal

CA = {"group": "", "kind": "ConfigMap", "name": "ca"}


def spec(**validation: object) -> dict[str, object]:
    own = {"hostname": "a.example", "wellKnownCACertificates": "System", **validation}
    return {"targetRefs": [{"group": "", "kind": "Service", "name": "web"}], "validation": own}


def test_policy_is_taken() -> None:
    names = [{"type": "Hostname", "hostname": "b.example"}, {"type": "URI", "uri": "spiffe://a/b"}]
    found = read(BackendTLSPolicy, spec(subjectAltNames=names)).spec.validation
    assert found.well_known_ca_certificates == "System"
    assert [name.type for name in found.subject_alt_names] == ["Hostname", "URI"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (spec(caCertificateRefs=[CA]), "must not contain both CACertificateRefs and WellKnownCACertificates"),
        (spec(wellKnownCACertificates=None), "must specify either CACertificateRefs or WellKnownCACertificates"),
        (spec(hostname="*.example"), "should match pattern"),
        (spec(subjectAltNames=[{"type": "Hostname"}]), "must contain Hostname, if Type is set to Hostname"),
        (spec(subjectAltNames=[{"type": "URI", "hostname": "a.b", "uri": "a://b"}]), "must not contain Hostname"),
        (spec(subjectAltNames=[{"type": "URI"}]), "must contain URI, if Type is set to URI"),
        (spec(subjectAltNames=[{"type": "Hostname", "hostname": "a.b", "uri": "a://"}]), "must not contain URI"),
        ({**spec(), "targetRefs": []}, "at least 1 item"),
    ],
)
def test_rules_between_fields_hold(wrong: dict[str, object], message: str) -> None:
    assert message in refusal(BackendTLSPolicy, wrong)
