"""What became of a request, held against what a PolicyTest expects: every difference, with what was meant instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.problems import nearest
from config.resources.policy_test import Expectation
from gateway.explanation import Explanation, HeadChanges, Share

PERCENT_TOLERANCE = 0.05
"""Percentages are written with one digit behind the point."""
NOTHING = "none"
SINGLE = ("outcome", "status", "location", "identity")
"""Fields that an explanation has by the same name."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field of an expectation, by its path in the document, that does not hold; `hint` says more, or is ""."""

    field: str
    expected: str
    came: str
    hint: str = ""


def judge(expected: Expectation, told: Explanation, namespace: str, names: Iterable[str]) -> list[Mismatch]:
    """All that does not hold. `namespace` is that of the test; `names` are the backends there are, for hints."""
    given = expected.model_fields_set
    found = [_single(name, getattr(expected, name), getattr(told, name)) for name in SINGLE if name in given]
    if expected.refused_by is not None:
        found.append(_single("refusedBy", expected.refused_by, told.refused_by))
    if expected.listener is not None:
        found.append(_single("listener", _listener(expected.listener, namespace), told.listener))
    found += _place(expected, told, namespace)
    shares = [share for share in told.shares if share.percent > 0.0]
    found += _backends(expected, shares, namespace, names)
    found += [
        _single(name, getattr(expected, name), _common(getattr(share, name) for share in shares if share.is_forwarded))
        for name in ("target", "host")
        if getattr(expected, name) is not None
    ]
    found += _tags(expected, told.tags)
    served = [share for share in shares if share.is_forwarded]
    requests = [share.request_headers for share in served]
    answers = [share.response_headers for share in served] or [told.answer_headers]
    if requests:
        found += _headers("request", expected.request_headers, expected.removed_request_headers, requests)
    elif expected.request_headers or expected.removed_request_headers:
        found.append(Mismatch("requestHeaders", "a forwarded request", told.outcome))
    found += _headers("response", expected.response_headers, expected.removed_response_headers, answers)
    return [mismatch for mismatch in found if mismatch is not None]


def _single(field: str, expected: object, came: object, hint: str = "") -> Mismatch | None:
    if expected == came:
        return None
    return Mismatch(field, _shown(expected), _shown(came), hint)


def _shown(value: object) -> str:
    return NOTHING if value in (None, "") else str(value)


def _whole(name: str, namespace: str, slashes: int) -> str:
    """`name` with the namespace of the test, where it has none."""
    return name if name.count("/") >= slashes else f"{namespace}/{name}"


def _listener(name: str, namespace: str) -> str:
    """`name` with the namespace of the test, also behind the kind of a ListenerSet."""
    kind, space, path = name.rpartition(" ")
    return f"{kind}{space}{_whole(path, namespace, 2)}"


def _place(expected: Expectation, told: Explanation, namespace: str) -> list[Mismatch | None]:
    """Route and rule, with the reason why the one that was meant did not take the request."""
    taken = told.taken
    route = taken.route.partition(" ")[2] if taken is not None else ""
    rule = taken.rule if taken is not None else ""
    wanted_route = _whole(expected.route, namespace, 1) if expected.route is not None else route
    wanted_rule = expected.rule if expected.rule is not None else rule
    if (wanted_route, wanted_rule) == (route, rule):
        return []
    hint = _why_not(told, wanted_route, wanted_rule if expected.rule is not None else "")
    by_field = [_single("route", wanted_route, route, hint), _single("rule", wanted_rule, rule, hint)]
    return by_field[:1] if by_field[0] is not None and expected.rule is None else by_field


def _why_not(told: Explanation, route: str, rule: str) -> str:
    of_route = [each for each in told.considered if each.route.partition(" ")[2] == route]
    if not of_route:
        known = dict.fromkeys(each.route.partition(" ")[2] for each in told.considered)
        return f"there is no route {route} on this port; {nearest(route, known)}".removesuffix("; ")
    meant = [each for each in of_route if rule in ("", each.rule)]
    if not meant:
        known = dict.fromkeys(each.rule for each in of_route)
        return f"route {route} has no rule {rule}; {nearest(rule, known)}".removesuffix("; ")
    reasons = dict.fromkeys(f"rule {each.rule}: {each.reason}" for each in meant if each.reason)
    return "; ".join(reasons)


def _backends(
    expected: Expectation, shares: list[Share], namespace: str, names: Iterable[str]
) -> list[Mismatch | None]:
    if expected.backend is None and expected.backends is None:
        return []
    came: dict[str, float] = {}
    ended: list[str] = []
    for share in shares:
        if share.outcome not in ("Forwarded", "Misconfigured"):
            # The backend gets none of them, and nobody else does.
            ended.append(f"{share.percent:.3g} %: {share.reason}")
            continue
        name = share.backend or f"500: {share.problem}"
        came[name] = came.get(name, 0.0) + share.percent
    given = expected.backends if expected.backends is not None else {expected.backend or "": 100.0}
    wanted = {_whole(name, namespace, 1): percent for name, percent in given.items()}
    same = wanted.keys() == came.keys() and all(
        abs(came[name] - percent) <= PERCENT_TOLERANCE for name, percent in wanted.items()
    )
    if same:
        return []
    known = set(names)
    unknown = [name for name in wanted if name not in known]
    hints = [f"there is no backend {name}, {nearest(name, known)}".removesuffix(", ") for name in unknown]
    field = "backends" if expected.backends is not None else "backend"
    return [Mismatch(field, _percents(wanted), _percents(came), "; ".join([*hints, *ended]))]


def _percents(shares: Mapping[str, float]) -> str:
    if list(shares.values()) == [100.0]:
        return next(iter(shares))
    return ", ".join(f"{name} {percent:.3g} %" for name, percent in sorted(shares.items())) or NOTHING


def _common(values: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(values))


def _tags(expected: Expectation, tags: Mapping[str, str]) -> list[Mismatch | None]:
    found = [_single(f"tags.{name}", value, tags.get(name)) for name, value in expected.tags.items()]
    return found + [Mismatch("absentTags", f"no {name}", tags[name]) for name in expected.absent_tags if name in tags]


def _headers(
    side: str, wanted: Mapping[str, str], removed: Iterable[str], changes: list[HeadChanges]
) -> list[Mismatch | None]:
    """A header must be so for every backend that may get the request."""
    found: list[Mismatch | None] = []
    for name, value in wanted.items():
        came = _common(each.set.get(name.lower(), "") for each in changes)
        found.append(_single(f"{side}Headers.{name}", value, came))
    for name in removed:
        for each in changes:
            if name.lower() not in each.removed:
                sent = each.set.get(name.lower())
                state = f"{name}: {sent}" if sent is not None else "not removed"
                hint = "the request of the test must have it" if side == "request" and sent is None else ""
                found.append(Mismatch(f"removed{side.title()}Headers", f"without {name}", state, hint))
                break
    return found
