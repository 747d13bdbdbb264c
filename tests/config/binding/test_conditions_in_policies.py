"""A condition that is wrong is an error of the file, at its field."""

from __future__ import annotations

import pytest

from config.binding.catalog import Note
from config.binding.conditions_in_policies import check_conditions
from tests.config.manifests import WEIR_API, Document, bound, catalog, document, notes_on

BAD = "request.pat == '/'"
MESSAGE = 'the condition is not valid at its character 9: request has no field "pat"'
LIMIT: Document = {"name": "a", "rate": {"requests": 1, "per": "1s"}}
RULE: Document = {"name": "a", "action": "Deny"}


def notes_of(*documents: Document) -> list[Note]:
    notes: list[Note] = []
    check_conditions(catalog(*documents), notes)
    return notes


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"when": BAD}, "spec.when"),
        ({"tags": [{"name": "a", "value": "b"}, {"name": "b", "value": "c", "when": BAD}]}, "spec.tags[1].when"),
        ({"steering": [{"name": "a", "when": BAD, "endpoint": "127.0.0.1:1"}]}, "spec.steering[0].when"),
        ({"access": {"rules": [{**RULE, "when": BAD}]}}, "spec.access.rules[0].when"),
        ({"rateLimits": [{**LIMIT, "when": BAD}]}, "spec.rateLimits[0].when"),
        ({"fault": {"abort": {"status": 503}, "when": BAD}}, "spec.fault.when"),
        ({"maintenance": {"exceptWhen": BAD}}, "spec.maintenance.exceptWhen"),
        ({"cache": {"bypassWhen": BAD}}, "spec.cache.bypassWhen"),
    ],
)
def test_every_condition_of_a_policy_is_checked(spec: Document, path: str) -> None:
    notes = notes_of(document(WEIR_API, "TrafficPolicy", "a", spec))
    assert notes_on(notes) == {path: MESSAGE}
    assert [(note.severity, note.suggestion) for note in notes] == [("error", 'did you mean "path"?')]


def test_every_condition_of_a_tenant_is_checked() -> None:
    spec = {
        "namespaces": ["shop"],
        "access": {"rules": [{**RULE, "when": BAD}]},
        "rateLimits": [{**LIMIT, "when": BAD}],
    }
    tenant = document(WEIR_API, "Tenant", "a", spec)
    del tenant["metadata"]["namespace"]  # type: ignore[attr-defined]
    assert set(notes_on(notes_of(tenant))) == {"spec.access.rules[0].when", "spec.rateLimits[0].when"}


def test_good_conditions_say_nothing_however_often_they_are_met() -> None:
    resources = catalog(document(WEIR_API, "TrafficPolicy", "a", {"when": "request.path == '/'"}))
    notes: list[Note] = []
    check_conditions(resources, notes)
    check_conditions(resources, notes)
    assert notes == []


def test_a_bad_one_is_told_each_time() -> None:
    resources = catalog(document(WEIR_API, "TrafficPolicy", "a", {"when": BAD}))
    notes: list[Note] = []
    check_conditions(resources, notes)
    check_conditions(resources, notes)
    assert len(notes) == 2


def test_a_set_with_a_bad_condition_is_unfit() -> None:
    binding = bound(document(WEIR_API, "TrafficPolicy", "a", {"when": "source.port"}))
    assert "the expression is int, and must be bool" in " ".join(
        note.message for note in binding.notes if note.severity == "error"
    )
