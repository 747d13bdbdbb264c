"""The simulated gateway: a `Backend`, its `Ward` and `RowWitness`, a `RetryPlan` and a `TryWindow`, all Weir's own.

What is here is what sockets and timers do elsewhere: it carries answers to the lease, calls `grow` when it is due,
shows the view of health to the backend, and asks the retry plan in the order of `gateway/http/tries.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from benchmarks.simulation.calls import Call, Target
from benchmarks.simulation.events import MS_NS, SECOND_NS, Events
from config.snapshot import BackendPlan
from discovery.backend import Backend
from discovery.endpoint import EndpointSet
from discovery.health.by_hand import ByHand
from discovery.health.ward import Ward
from discovery.health.witness import RowWitness
from discovery.lease import Lease
from discovery.whereabouts import NOWHERE, Whereabouts
from policies.retry import Failure, RetryPlan
from policies.retrying.budget import TryWindow

SHOWN_AFTER_NS = 100 * MS_NS
"""Ejections of so long are put into one view: each view costs a balancer."""


@dataclass(slots=True)
class Seen:
    """What one gateway counted."""

    picks: int = 0
    panics: int = 0
    retries: int = 0


class Gateway:
    """Sends what it is given to one of `targets`, by the id of the endpoint. `says`: it marks further tries, and
    answers that were tried again, for gateways before and behind it.
    """

    def __init__(
        self,
        events: Events,
        random: Random,
        plan: BackendPlan,
        targets: Mapping[str, Target],
        *,
        whereabouts: Whereabouts = NOWHERE,
        retry: RetryPlan | None = None,
        says: bool = True,
    ) -> None:
        self.seen = Seen()
        self.events = events
        self.random = random
        self.targets = targets
        self.retry = retry
        self.says = says
        self.tries = TryWindow()
        self.backend = Backend(plan.name, plan, random, events.now, whereabouts, self._count_panic)
        self._ward = Ward(plan, ByHand())
        self._showing = False
        self._growing = 0
        detection = plan.policy.outlier_detection
        self._ward.set_outliers(detection)
        self._witness = None if detection is None else RowWitness(plan.name, detection, self._told)

    @property
    def ejected(self) -> int:
        """Endpoints that traffic took out."""
        return 0 if self._ward.outliers is None else len(self._ward.outliers.ejected)

    def tell(self, endpoints: EndpointSet) -> None:
        """Take what a source says of the endpoints."""
        self._ward.tell(endpoints)
        self._show()

    def take(self, call: Call, key: bytes | None, *, again: bool) -> None:
        """As a `Target`: a request for the backend."""
        Exchange(self, call, key, again=again).begin()

    def _count_panic(self) -> None:
        self.seen.panics += 1

    def _told(self, backend: str, identity: str, cause: str) -> None:
        if self._ward.eject(identity, cause, self.events.now_s):
            self._show_soon()
            assert self._ward.outliers is not None
            lasts_s = self._ward.outliers.ejected[identity].until_s - self.events.now_s
            self.events.after(int(lasts_s * SECOND_NS) + 1, self._take_back)

    def _take_back(self) -> None:
        if self._ward.take_back_due(self.events.now_s):
            self._show_soon()

    def _show_soon(self) -> None:
        if not self._showing:
            self._showing = True
            self.events.after(SHOWN_AFTER_NS, self._show)

    def _show(self) -> None:
        self._showing = False
        view = self._ward.refresh()
        if view is not None:
            self.backend.apply(view)
            self._shown()

    def _shown(self) -> None:
        for state in self.backend.view.states:
            state.witness = self._witness
        self._growing += 1
        step_ns = self.backend.growth_step_ns
        if step_ns:
            self.events.after(step_ns, partial(self._grow, self._growing))

    def _grow(self, number: int) -> None:
        # A newer view has its own steps.
        if number == self._growing:
            self.backend.grow()
            self._shown()


class Exchange:
    """One request at one gateway, over all of its tries."""

    __slots__ = ("_again", "_call", "_gateway", "_key", "_lease", "_retried", "_tried")

    def __init__(self, gateway: Gateway, call: Call, key: bytes | None, *, again: bool) -> None:
        self._gateway = gateway
        self._call = call
        self._key = key
        self._again = again and gateway.retry is not None
        self._tried: list[str] = []
        self._retried = 0
        self._lease: Lease | None = None

    def begin(self) -> None:
        """The first try."""
        gateway = self._gateway
        if gateway.retry is not None and gateway.retry.budget is not None:
            if self._again:
                gateway.tries.repeated(gateway.events.now_s)
            else:
                gateway.tries.begun(gateway.events.now_s)
        self._go()

    def answered(self, status: int, *, tried: bool) -> None:
        """As a `Call` of the endpoint."""
        lease, retry, gateway = self._lease, self._gateway.retry, self._gateway
        assert lease is not None
        lease.answered(status)
        fails = retry is not None and retry.takes_answer(status, None)
        if fails and not tried and self._goes_again():
            lease.fail()
            return
        lease.finish()
        self._call.answered(status, tried=gateway.says and (tried or fails))

    def refused(self) -> None:
        """As a `Call` of the endpoint."""
        assert self._lease is not None
        self._lease.fail()
        retry = self._gateway.retry
        if retry is None or Failure.CONNECT not in retry.failures or not self._goes_again():
            self._call.answered(502, tried=self._gateway.says and retry is not None)

    def _go(self) -> None:
        gateway = self._gateway
        lease = gateway.backend.pick(self._key, self._tried)
        if lease is not None and self._retried and lease.endpoint.id in self._tried:
            # All had their turn.
            lease.finish()
            self._tried = []
            lease = gateway.backend.pick(self._key)
        self._lease = lease
        if lease is None:
            self._call.answered(503, tried=gateway.says and gateway.retry is not None)
            return
        gateway.seen.picks += 1
        again = gateway.says and (self._again or self._retried > 0)
        gateway.targets[lease.endpoint.id].take(self, self._key, again=again)

    def _goes_again(self) -> bool:
        gateway, retry = self._gateway, self._gateway.retry
        if retry is None or self._again or self._retried >= retry.attempts:
            return False
        delay_s = retry.delay_s(self._retried + 1, gateway.random.random())
        now_s, budget = gateway.events.now_s, retry.budget
        if budget is not None:
            if not gateway.tries.has_room(now_s, budget.percent, budget.min_per_second):
                return False
            gateway.tries.repeated(now_s)
        self._retried += 1
        gateway.seen.retries += 1
        assert self._lease is not None
        self._tried.append(self._lease.endpoint.id)
        gateway.events.after(int(delay_s * SECOND_NS), self._go)
        return True
