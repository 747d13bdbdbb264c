"""The health of one backend: what its source tells, what is known of each endpoint, and the view that comes of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from config.resources.backend_policy import HealthCheck, OutlierDetection
from config.snapshot import BackendPlan
from discovery.endpoint import Endpoint, EndpointSet
from discovery.health.by_hand import ByHand
from discovery.health.outlier import Bounds, Outliers
from discovery.health.probes import CAUSES, ProbeFailed
from discovery.health.standing import STATES, Standing
from discovery.health.state import FlipCounter

log = logging.getLogger("weir.health")

RESULTS = ("passed", *CAUSES)
"""Results of a check, as metrics tell them apart."""


@dataclass(frozen=True, slots=True)
class HealthReading:
    """The numbers of one backend: endpoints by state, checks by result, ejections by cause, ejections refused, and
    whether so few are healthy that health is ignored.
    """

    backend: str
    endpoints: Mapping[str, int]
    checks: Mapping[str, int]
    ejections: Mapping[str, int]
    refused: int
    panicking: bool


class Ward:
    """One backend. Methods that take `now_s` get `loop.time()`; what they say changed, `refresh` puts into the view."""

    def __init__(self, plan: BackendPlan, by_hand: ByHand) -> None:
        self.plan = plan
        self.shown: EndpointSet | None = None
        self.check: HealthCheck | None = None
        self.outliers: Outliers | None = None
        self._by_hand = by_hand
        self._told: EndpointSet | None = None
        self._flips: dict[str, FlipCounter] = {}
        self._last_failures: dict[str, str] = {}
        self._results = dict.fromkeys(RESULTS, 0)
        self._passed_since: dict[str, int] = {}
        """Checks passed in a row since the ejection, by the endpoints that are out."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """As the source tells them; empty before it does."""
        return self._told.endpoints if self._told is not None else ()

    def tell(self, view: EndpointSet) -> None:
        """Take a view of the source. What is known of an endpoint stays as long as its id and its place do."""
        places = {endpoint.id: (endpoint.address, endpoint.port) for endpoint in self.endpoints}
        self._told = view
        same = {each.id for each in view.endpoints if places.get(each.id) == (each.address, each.port)}
        for known in (self._flips, self._last_failures, self._passed_since):
            for identity in [each for each in known if each not in same]:
                del known[identity]
        if self.outliers is not None:
            self.outliers.keep(same)
        self._count_flips()

    def refresh(self) -> EndpointSet | None:
        """The view for workers where it is another one than before, else None."""
        told = self._told
        if told is None:
            return None
        endpoints = tuple(standing.shown(endpoint) for endpoint, standing in self._standings())
        if self.shown is not None and self.shown.endpoints == endpoints:
            return None
        self.shown = EndpointSet(told.backend, endpoints, told.source, told.as_of_s)
        return self.shown

    # --- active checks -------------------------------------------------------------------------------------------

    def set_check(self, check: HealthCheck | None) -> None:
        """Count the results of this check from now on. What is known of an endpoint holds until they say otherwise; one
        that served before there was a check goes on.
        """
        before, self.check = self.check, check
        if check is None:
            self._flips.clear()
            self._last_failures.clear()
            return
        for flip in self._flips.values():
            flip.configure(check.unhealthy_threshold, check.healthy_threshold)
        self._count_flips()
        if before is None and self.shown is not None:
            for flip in self._flips.values():
                flip.healthy = True

    def checked(self, identity: str, failure: ProbeFailed | None, now_s: float) -> tuple[bool, bool]:
        """Take a result of the check: whether the endpoint is judged by now, and whether the view changes."""
        flip = self._flips.get(identity)
        if flip is None:
            return True, False
        self._results["passed" if failure is None else failure.cause] += 1
        if failure is not None and failure.cause == "local":
            return flip.healthy is not None, False
        if failure is not None:
            self._last_failures[identity] = str(failure)
        changed = flip.record(passed=failure is None)
        if changed and flip.healthy:
            log.info("%s of %s passes its check", identity, self.plan.name)
        elif changed:
            log.warning("%s of %s fails its check: %s", identity, self.plan.name, failure)
        returns = self._returns_by_check(identity, now_s, passed=failure is None)
        return flip.healthy is not None, changed or returns

    def _count_flips(self) -> None:
        if self.check is not None:
            for endpoint in self.endpoints:
                if endpoint.id not in self._flips:
                    flip = FlipCounter(self.check.unhealthy_threshold, self.check.healthy_threshold)
                    self._flips[endpoint.id] = flip

    def _returns_by_check(self, identity: str, now_s: float, *, passed: bool) -> bool:
        """Whether enough good results since its ejection have brought the endpoint back."""
        outliers, detection = self.outliers, self.plan.policy.outlier_detection
        if outliers is None or detection is None or self.check is None or identity not in outliers.ejected:
            return False
        if not detection.return_by_health_check:
            return False
        self._passed_since[identity] = self._passed_since.get(identity, 0) + 1 if passed else 0
        if self._passed_since[identity] < self.check.healthy_threshold:
            return False
        return self.take_back(identity, now_s, "its check passes")

    # --- ejection by traffic -------------------------------------------------------------------------------------

    def set_outliers(self, detection: OutlierDetection | None) -> None:
        """Eject by these bounds from now on; None takes all ejections back."""
        if detection is None:
            self.outliers = None
            self._passed_since.clear()
        elif self.outliers is None:
            self.outliers = Outliers(bounds_of(detection))
        else:
            self.outliers.bounds = bounds_of(detection)

    def eject(self, identity: str, cause: str, now_s: float) -> bool:
        """Take an endpoint out, by `cause` of `outlier.CAUSES`, where the bounds permit; whether that was done."""
        outliers = self.outliers
        if outliers is None:
            return False
        usable: set[str] = set()
        for endpoint, standing in self._standings():
            shown = standing.shown(endpoint)
            if endpoint.healthy and standing.sound and shown.serving and shown.weight > 0:
                usable.add(endpoint.id)
        members = {endpoint.id for endpoint in self.endpoints}
        if not outliers.eject(identity, cause, members, usable, now_s):
            return False
        self._passed_since[identity] = 0
        ejection = outliers.ejected[identity]
        lasts_s = ejection.until_s - ejection.since_s
        log.warning("%s of %s is ejected for %g s by %s", identity, self.plan.name, lasts_s, cause)
        return True

    def analyse(self, seen: Mapping[str, tuple[int, int]], now_s: float) -> bool:
        """Take the requests and failures of an interval, by endpoint; whether any was ejected for them."""
        found = self.outliers.analyse(seen) if self.outliers is not None else []
        done = [self.eject(identity, cause, now_s) for identity, cause in found]
        return any(done)

    def take_back(self, identity: str, now_s: float, why: str) -> bool:
        """End an ejection early; whether there was one."""
        if self.outliers is None or not self.outliers.take_back(identity, now_s):
            return False
        self._passed_since.pop(identity, None)
        log.info("%s of %s is back: %s", identity, self.plan.name, why)
        return True

    def take_back_due(self, now_s: float) -> bool:
        """End the ejections whose time is over; whether there were any."""
        due = self.outliers.take_back_due(now_s) if self.outliers is not None else ()
        for identity in due:
            self._passed_since.pop(identity, None)
            log.info("%s of %s is back: its ejection is over", identity, self.plan.name)
        return bool(due)

    # --- what is told of it --------------------------------------------------------------------------------------

    def describe(self, now_s: float, unix_s: float) -> Mapping[str, Mapping[str, object]]:
        """For the API, by endpoint id: how it stands and why."""
        return {endpoint.id: standing.describe(endpoint, now_s, unix_s) for endpoint, standing in self._standings()}

    def reading(self) -> HealthReading:
        """The numbers of now."""
        states = dict.fromkeys(STATES, 0)
        for endpoint, standing in self._standings():
            states[standing.state(endpoint)] += 1
        outliers = self.outliers
        return HealthReading(
            self.plan.name,
            states,
            dict(self._results) if self.check is not None else {},
            dict(outliers.counts) if outliers is not None else {},
            outliers.refused if outliers is not None else 0,
            panicking=self.shown is not None and panics(self.shown, self.plan.policy.panic_threshold),
        )

    def _standings(self) -> list[tuple[Endpoint, Standing]]:
        """Every endpoint as its source tells it, with how it stands."""
        proven = any(flip.healthy for flip in self._flips.values())
        ejected = self.outliers.ejected if self.outliers is not None else {}
        found: list[tuple[Endpoint, Standing]] = []
        for endpoint in self.endpoints:
            identity = endpoint.id
            flip = self._flips.get(identity)
            standing = Standing(
                flip,
                self._last_failures.get(identity, ""),
                waits=flip is not None and flip.healthy is None and proven,
                ejection=ejected.get(identity),
                by_hand=self._by_hand.of(self.plan.name, identity),
            )
            found.append((endpoint, standing))
        return found


def bounds_of(detection: OutlierDetection) -> Bounds:
    """The numbers of a detection."""
    return Bounds(
        interval_s=detection.interval.seconds,
        base_ejection_s=detection.base_ejection_time.seconds,
        max_ejection_s=detection.max_ejection_time.seconds,
        max_percent=detection.max_ejection_percent,
        minimum_requests=detection.minimum_requests,
        failure_percent=detection.failure_percent,
        deviations=detection.success_rate_deviations,
    )


def panics(view: EndpointSet, threshold_percent: int) -> bool:
    """Whether fewer than that percent of the endpoints that take requests are healthy, so that all of them count."""
    usable = [endpoint for endpoint in view.endpoints if endpoint.serving and endpoint.weight > 0]
    return sum(endpoint.healthy for endpoint in usable) * 100 < threshold_percent * len(usable)
