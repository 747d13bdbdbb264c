"""Which endpoints of a backend traffic finds sick, and for how long they are left alone: no clock, no I/O.

As in Envoy's outlier detection: an ejection lasts `base_ejection_s` times the number of ejections, which falls by one
for each interval spent in service; only a share of the endpoints may be out at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev

MINIMUM_HOSTS = 5
"""Endpoints with enough requests, under which their deviation means nothing (Envoy's `success_rate_minimum_hosts`)."""

CAUSES = ("consecutive5xx", "consecutiveGatewayErrors", "consecutiveLocalFailures", "failurePercent", "successRate")
"""Why an endpoint is ejected."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers of an OutlierDetection. `interval_s` is over 0; `failure_percent` (0..100) and `deviations` are None
    where that analysis is off; `max_percent` is 0..100.
    """

    interval_s: float
    base_ejection_s: float
    max_ejection_s: float
    max_percent: int
    minimum_requests: int
    failure_percent: int | None = None
    deviations: float | None = None


@dataclass(frozen=True, slots=True)
class Ejection:
    """An endpoint is out from `since_s` to `until_s`, for `cause`, for the `times`-th time."""

    cause: str
    since_s: float
    until_s: float
    times: int


class Outliers:
    """The ejections of one backend. Times are seconds of any one clock that does not go back."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.refused = 0
        """Ejections that the share, or the last endpoint, forbade."""
        self.counts = dict.fromkeys(CAUSES, 0)
        self._ejected: dict[str, Ejection] = {}
        self._past: dict[str, tuple[int, float]] = {}
        """How often it was ejected, and since when it is back."""

    @property
    def ejected(self) -> Mapping[str, Ejection]:
        """Those that are out, by id."""
        return self._ejected

    @property
    def next_return_s(self) -> float | None:
        """When the next one comes back; None where all are in."""
        return min((ejection.until_s for ejection in self._ejected.values()), default=None)

    def keep(self, members: Collection[str]) -> None:
        """Forget all endpoints but these."""
        for known in (self._ejected, self._past):
            for identity in [each for each in known if each not in members]:
                del known[identity]

    def eject(self, identity: str, cause: str, members: Collection[str], usable: Collection[str], now_s: float) -> bool:
        """Take an endpoint out; whether that was done.

        `members` are the ids of all endpoints, `usable` of those that could take requests if none were ejected. It is
        refused where it is out already, past `max_percent` of the members (one always may be out), and for the last
        usable one.
        """
        if identity in self._ejected or identity not in members:
            return False
        permitted = max(1, len(members) * self.bounds.max_percent // 100)
        left = any(each != identity and each not in self._ejected for each in usable)
        if len(self._ejected) >= permitted or not left:
            self.refused += 1
            return False
        times = self._times(identity, now_s) + 1
        lasts_s = min(self.bounds.base_ejection_s * times, self.bounds.max_ejection_s)
        self._ejected[identity] = Ejection(cause, now_s, now_s + lasts_s, times)
        self._past.pop(identity, None)
        self.counts[cause] += 1
        return True

    def take_back(self, identity: str, now_s: float) -> bool:
        """End an ejection early; whether there was one."""
        ejection = self._ejected.pop(identity, None)
        if ejection is None:
            return False
        self._past[identity] = ejection.times, now_s
        return True

    def take_back_due(self, now_s: float) -> tuple[str, ...]:
        """End the ejections whose time is over, and return whose."""
        due = tuple(identity for identity, ejection in self._ejected.items() if ejection.until_s <= now_s)
        for identity in due:
            self.take_back(identity, now_s)
        return due

    def analyse(self, seen: Mapping[str, tuple[int, int]]) -> list[tuple[str, str]]:
        """The endpoints that the rates of an interval speak against, worst first, each with its cause.

        `seen` has requests and failures by id, of the endpoints that had any.
        """
        bounds = self.bounds
        rates = {
            identity: failures / requests
            for identity, (requests, failures) in seen.items()
            if requests >= bounds.minimum_requests and identity not in self._ejected
        }
        found = dict.fromkeys(self._over_percent(rates), "failurePercent")
        for identity in self._deviating(rates):
            found.setdefault(identity, "successRate")
        return sorted(found.items(), key=lambda each: (-rates[each[0]], each[0]))

    def _over_percent(self, rates: Mapping[str, float]) -> Iterable[str]:
        percent = self.bounds.failure_percent
        if percent is None:
            return ()
        return (identity for identity, rate in rates.items() if rate > 0.0 and rate * 100 >= percent)

    def _deviating(self, rates: Mapping[str, float]) -> Iterable[str]:
        deviations = self.bounds.deviations
        if deviations is None or len(rates) < MINIMUM_HOSTS:
            return ()
        bound = fmean(rates.values()) + deviations * pstdev(rates.values())
        return (identity for identity, rate in rates.items() if rate > bound)

    def _times(self, identity: str, now_s: float) -> int:
        """How many ejections still count, after the intervals in service since the last one."""
        times, since_s = self._past.get(identity, (0, now_s))
        return max(0, times - int((now_s - since_s) / self.bounds.interval_s))
