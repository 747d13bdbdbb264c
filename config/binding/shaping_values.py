"""Values of TrafficPolicies that go into answers, and would break them."""

from __future__ import annotations

from collections.abc import Iterator

from config.binding.catalog import Catalog, Note
from config.binding.field_values import media_type_flaw, value_flaw
from config.binding.own_check import OwnCheck
from config.problems import PathPart
from config.resources.backend_policy import DirectResponse
from config.resources.traffic_policy import TrafficPolicy

BODILESS = (204, 304)
"""Statuses of answers that have no body (RFC 9110 6.4.1)."""
Place = tuple[PathPart, ...]


def check_shaping(catalog: Catalog, notes: list[Note]) -> None:
    """An error for every value that may stand in no header; a warning for a body that is never sent."""
    _CHECK.note(catalog.all(TrafficPolicy), notes)


def _checked(policy: TrafficPolicy) -> Iterator[Note]:
    yield from _headers(policy)
    yield from _bodies(policy)


def _headers(policy: TrafficPolicy) -> Iterator[Note]:
    spec = policy.spec
    for place, response in _responses(policy):
        yield from _noted(policy, (*place, "contentType"), media_type_flaw(response.content_type))
    for index, page in enumerate(spec.error_pages):
        yield from _noted(policy, ("spec", "errorPages", index, "contentType"), media_type_flaw(page.content_type))
    security = spec.security_headers
    if security is not None:
        fields = {
            "referrerPolicy": security.referrer_policy,
            "contentSecurityPolicy": security.content_security_policy,
        }
        for name, value in fields.items():
            yield from _noted(policy, ("spec", "securityHeaders", name), value_flaw(value or ""))


def _bodies(policy: TrafficPolicy) -> Iterator[Note]:
    for place, response in _responses(policy):
        if response.body and response.status in BODILESS:
            message = f"an answer with status {response.status} has no body (RFC 9110 6.4.1), so this one is never sent"
            yield Note(policy, (*place, "body"), message, "remove it, or choose another status")


def _responses(policy: TrafficPolicy) -> Iterator[tuple[Place, DirectResponse]]:
    spec = policy.spec
    if spec.direct_response is not None:
        yield ("spec", "directResponse"), spec.direct_response
    if spec.maintenance is not None:
        yield ("spec", "maintenance", "response"), spec.maintenance.response


def _noted(policy: TrafficPolicy, place: Place, flaw: tuple[str, str]) -> Iterator[Note]:
    message, mend = flaw
    if message:
        yield Note(policy, place, message, mend, "error")


_CHECK = OwnCheck(_checked)
