"""Health checks that may not be made: a program where the process permits none, headers that break a question."""

from __future__ import annotations

from collections.abc import Iterator

from config.binding.catalog import Catalog, Note
from config.binding.field_values import value_flaw
from config.binding.own_check import OwnCheck
from config.problems import PathPart
from config.resources.backend_policy import BackendPolicy
from config.resources.scalars import FRAMING
from config.resources.weir import WeirSpec

_PLACE: tuple[PathPart, ...] = ("spec", "healthCheck")
_OWN = FRAMING | {"host"}


def check_health_checks(catalog: Catalog, process: WeirSpec, notes: list[Note]) -> None:
    """An error for each of them."""
    policies = catalog.all(BackendPolicy)
    _CHECK.note(policies, notes)
    if process.allow_exec_health_checks:
        return
    for policy in policies:
        check = policy.spec.health_check
        if check is not None and check.exec is not None:
            message = "a check by a program runs it as the user of the gateway, which the Weir resource does not permit"
            mend = "set `allowExecHealthChecks: true` there, or check by http or tcp"
            notes.append(Note(policy, (*_PLACE, "exec"), message, mend, "error"))


def _checked(policy: BackendPolicy) -> Iterator[Note]:
    check = policy.spec.health_check
    if check is None or check.http is None:
        return
    for name, value in check.http.headers.items():
        place = (*_PLACE, "http", "headers", name)
        if name.lower() in _OWN:
            mend = "use `host`" if name.lower() == "host" else "remove it"
            yield Note(policy, place, f"{name} is set by the check itself", mend, "error")
        elif (flaw := value_flaw(value))[0]:
            yield Note(policy, place, *flaw, "error")


_CHECK = OwnCheck(_checked)
