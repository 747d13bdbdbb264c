"""The conditions of policies (`when` and its like), read and typed before a request meets one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.binding.catalog import Catalog, Note
from config.binding.own_check import OwnCheck
from config.expressions.check import check
from config.expressions.errors import ExpressionError
from config.problems import PathPart
from config.resources.access import Access
from config.resources.rate_limit import RateLimit
from config.resources.resource import Resource
from config.resources.tenant import Tenant
from config.resources.traffic_policy import TrafficPolicy

Place = tuple[PathPart, ...]
Found = tuple[Place, str | None]


def check_conditions(catalog: Catalog, notes: list[Note]) -> None:
    """An error, at its field, for every condition that is no CEL, is not of type bool, or could cost too much."""
    _POLICIES.note(catalog.all(TrafficPolicy), notes)
    _TENANTS.note(catalog.all(Tenant), notes)


def _checked(resource: Resource, conditions: Iterable[Found]) -> Iterator[Note]:
    for path, text in conditions:
        if text is None:
            continue
        try:
            check(text)
        except ExpressionError as error:
            message = f"the condition is not valid at its character {error.column}: {error.message}"
            yield Note(resource, ("spec", *path), message, error.suggestion, "error")


def _of_policy(policy: TrafficPolicy) -> Iterator[Found]:
    spec = policy.spec
    yield ("when",), spec.when
    for index, tag in enumerate(spec.tags):
        yield ("tags", index, "when"), tag.when
    for index, steering in enumerate(spec.steering):
        yield ("steering", index, "when"), steering.when
    yield from _of_access(spec.access)
    yield from _of_limits(spec.rate_limits)
    if spec.fault is not None:
        yield ("fault", "when"), spec.fault.when
    if spec.maintenance is not None:
        yield ("maintenance", "exceptWhen"), spec.maintenance.except_when
    if spec.cache is not None:
        yield ("cache", "bypassWhen"), spec.cache.bypass_when


def _of_tenant(tenant: Tenant) -> Iterator[Found]:
    yield from _of_access(tenant.spec.access)
    yield from _of_limits(tenant.spec.rate_limits)


def _of_access(access: Access | None) -> Iterator[Found]:
    for index, rule in enumerate(access.rules if access is not None else ()):
        yield ("access", "rules", index, "when"), rule.when


def _of_limits(limits: tuple[RateLimit, ...]) -> Iterator[Found]:
    for index, limit in enumerate(limits):
        yield ("rateLimits", index, "when"), limit.when


_POLICIES: OwnCheck[TrafficPolicy] = OwnCheck(lambda policy: _checked(policy, _of_policy(policy)))
_TENANTS: OwnCheck[Tenant] = OwnCheck(lambda tenant: _checked(tenant, _of_tenant(tenant)))
