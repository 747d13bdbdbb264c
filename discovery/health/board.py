"""The health of all endpoints of the process, merged into the views of discovery: workers see one view and one swap.

What speaks against an endpoint: its active check, an ejection by what traffic saw of it, a setting by hand. What a
source tells comes in by `view_changed`, what workers are to see goes out by `publish`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from config.resources.backend_policy import HealthCheck
from config.resources.weir import HealthChecks, WeirSpec
from config.snapshot import BackendPlan
from discovery.endpoint import Endpoint, EndpointSet
from discovery.health.active import ActiveChecks, Room
from discovery.health.by_hand import Action, ByHand, Setting
from discovery.health.probes import ProbeFailed, probe_of
from discovery.health.rounds import Rounds
from discovery.health.ward import HealthReading, Ward
from discovery.runtime import Runtime

log = logging.getLogger("weir.health")

LATE_S = 0.01
"""How long an alarm that is due already waits: where two clocks disagree, it would spin."""

SOON_S = 0.02
SOON_PER_ENDPOINT_S = 0.0001
"""How long results of checks are gathered before they are shown: 0.5 s for 5,000 endpoints."""


class HealthBoard:
    """Everything is called in the loop of `runtime`. `publish` gets a view whenever it is another one, from within any
    call or later; it must not raise.
    """

    def __init__(
        self,
        runtime: Runtime,
        publish: Callable[[EndpointSet], None],
        ask_outcomes: Callable[[str], None],
        by_hand: ByHand,
    ) -> None:
        """`ask_outcomes` has every worker tell `rounds` what it saw of the endpoints of a backend."""
        self.by_hand = by_hand
        self._runtime = runtime
        self._publish = publish
        self._wards: dict[str, Ward] = {}
        self._checks: dict[str, ActiveChecks] = {}
        self._programs_allowed = False
        limits = HealthChecks()
        self.rooms = {"probes": Room(limits.probes), "programs": Room(limits.programs)}
        """By the field of `healthChecks` that bounds it."""
        self.rounds = Rounds(runtime.loop, ask_outcomes, self.counted)
        self._soon: dict[str, asyncio.TimerHandle] = {}
        """Backends whose view is looked at in a moment."""
        self._closing: set[asyncio.Task[object]] = set()
        self._alarm: asyncio.TimerHandle | None = None

    # --- configuration and views ---------------------------------------------------------------------------------

    def configure(self, backends: Mapping[str, BackendPlan], process: WeirSpec) -> None:
        """Look after exactly these backends from now on; what is known of their endpoints stays."""
        self.rooms["probes"].configure(process.health_checks.probes)
        self.rooms["programs"].configure(process.health_checks.programs)
        same_process = self._programs_allowed == process.allow_exec_health_checks
        self._programs_allowed = process.allow_exec_health_checks
        for name in [name for name in self._wards if name not in backends]:
            self._end_checks(name)
            del self._wards[name]
        for name, plan in backends.items():
            ward = self._wards.get(name)
            if ward is not None and ward.plan is plan and same_process:
                # A loop over thousands of backends, in the loop of those who serve.
                continue
            if ward is None:
                ward = self._wards[name] = Ward(plan, self.by_hand)
            ward.plan = plan
            self._set_check(ward, plan.policy.health_check)
            ward.set_outliers(plan.policy.outlier_detection)
            self._show(ward)
        self.rounds.follow(
            {
                name: detection.interval.seconds
                for name, plan in backends.items()
                if (detection := plan.policy.outlier_detection) is not None and detection.watches_rates
            }
        )
        self._set_alarm()

    def view_changed(self, view: EndpointSet) -> None:
        """A source tells other endpoints."""
        ward = self._wards.get(view.backend)
        if ward is not None:
            ward.tell(view)
            if view.backend in self._checks:
                self._checks[view.backend].follow(view.endpoints)
            self._show(ward)

    def views(self) -> Mapping[str, EndpointSet]:
        """The views in force, by backend: what a new worker is given."""
        return {name: ward.shown for name, ward in self._wards.items() if ward.shown is not None}

    async def close(self) -> None:
        """Ask nobody any more; nothing is published."""
        if self._alarm is not None:
            self._alarm.cancel()
        for timer in self._soon.values():
            timer.cancel()
        self._soon.clear()
        self.rounds.close()
        for name in self._wards:
            self._end_checks(name)
        self._wards = {}
        if self._closing:
            await asyncio.wait(self._closing)

    # --- active checks -------------------------------------------------------------------------------------------

    def _set_check(self, ward: Ward, check: HealthCheck | None) -> None:
        """Ask by this check. One by a program that is not permitted is left out: a configuration with it is refused,
        but what an older version of Weir kept may have it."""
        if check is not None and check.exec is not None and not self._programs_allowed:
            check = None
        if check == ward.check:
            return
        name = ward.plan.name
        self._end_checks(name)
        probe = probe_of(check, name) if check is not None else None
        if check is None or probe is None:
            ward.set_check(None)
            return
        ward.set_check(check)
        room = self.rooms["programs" if check.exec is not None else "probes"]

        def judge(endpoint: Endpoint, failure: ProbeFailed | None) -> bool:
            judged, changed = ward.checked(endpoint.id, failure, self._runtime.loop.time())
            if changed:
                self._show_soon(ward)
            return judged

        self._checks[name] = ActiveChecks(check, probe, room, self._runtime, judge)
        self._checks[name].follow(ward.endpoints)

    def _end_checks(self, name: str) -> None:
        checks = self._checks.pop(name, None)
        if checks is not None:
            task = self._runtime.spawn(checks.close(), name=f"end checks of {name}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    # --- ejection by traffic -------------------------------------------------------------------------------------

    def struck(self, backend: str, identity: str, cause: str) -> None:
        """A worker saw as many failures of an endpoint in a row as `cause` (of `outlier.CAUSES`) takes."""
        ward = self._wards.get(backend)
        if ward is not None and ward.eject(identity, cause, self._runtime.loop.time()):
            self._show(ward)
            self._set_alarm()

    def counted(self, backend: str, seen: Mapping[str, tuple[int, int]]) -> None:
        """The requests and failures of an interval over all workers, by endpoint."""
        ward = self._wards.get(backend)
        if ward is not None and ward.analyse(seen, self._runtime.loop.time()):
            self._show(ward)
            self._set_alarm()

    # --- by hand -------------------------------------------------------------------------------------------------

    def names(self) -> Sequence[str]:
        """Of all backends."""
        return tuple(self._wards)

    def endpoints(self, backend: str) -> Sequence[Endpoint]:
        """Those of a backend as its source tells them."""
        ward = self._wards.get(backend)
        return ward.endpoints if ward is not None else ()

    def set_by_hand(self, setting: Setting) -> None:
        """Put a setting in force. Raises `by_hand.TooMany`."""
        self.by_hand.put(setting)
        self._show_by_hand(setting.backend)

    def take_back_by_hand(self, backend: str, identity: str, action: Action) -> bool:
        """End a setting, and with `eject` an ejection by traffic as well; whether there was either."""
        found = self.by_hand.remove(backend, identity, action)
        ward = self._wards.get(backend)
        if action is Action.EJECT and ward is not None:
            found |= ward.take_back(identity, self._runtime.loop.time(), "taken back by hand")
        self._show_by_hand(backend)
        return found

    def _show_by_hand(self, backend: str) -> None:
        if (ward := self._wards.get(backend)) is not None:
            self._show(ward)
        self._set_alarm()

    # --- what becomes of it --------------------------------------------------------------------------------------

    def _show(self, ward: Ward) -> None:
        view = ward.refresh()
        if view is not None:
            self._publish(view)

    def _show_soon(self, ward: Ward) -> None:
        """At a start, results come by the thousand, and each view is sent whole to every worker."""
        name = ward.plan.name
        if name not in self._soon:
            pause_s = SOON_S + SOON_PER_ENDPOINT_S * len(ward.endpoints)
            self._soon[name] = self._runtime.loop.call_later(pause_s, self._show_now, name)

    def _show_now(self, name: str) -> None:
        del self._soon[name]
        if name in self._wards:
            self._show(self._wards[name])
            # A check may have brought back what was ejected.
            self._set_alarm()

    def _set_alarm(self) -> None:
        """Wake when the next ejection or setting ends."""
        loop = self._runtime.loop
        now_s = loop.time()
        due_s = [ward.outliers.next_return_s for ward in self._wards.values() if ward.outliers is not None]
        expiry_s = self.by_hand.next_expiry_s
        if expiry_s is not None:
            due_s.append(now_s + expiry_s - self._runtime.unix_s())
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if times_s := [time_s for time_s in due_s if time_s is not None]:
            self._alarm = loop.call_at(max(min(times_s), now_s + LATE_S), self._wake)

    def _wake(self) -> None:
        over = self.by_hand.expire(self._runtime.unix_s())
        for setting in over:
            log.info("%s by hand on %s of %s is over", setting.action, setting.endpoint, setting.backend)
        touched = {setting.backend for setting in over}
        now_s = self._runtime.loop.time()
        for name, ward in self._wards.items():
            if ward.take_back_due(now_s) or name in touched:
                self._show(ward)
        self._set_alarm()

    # --- what is told of it --------------------------------------------------------------------------------------

    def describe(self, backend: str) -> Mapping[str, Mapping[str, object]]:
        """For the API, by endpoint id: how it stands and why."""
        ward = self._wards.get(backend)
        return ward.describe(self._runtime.loop.time(), self._runtime.unix_s()) if ward is not None else {}

    def readings(self) -> tuple[HealthReading, ...]:
        """The numbers of every backend, for metrics."""
        return tuple(ward.reading() for ward in self._wards.values())
