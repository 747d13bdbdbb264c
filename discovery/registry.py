"""All backends of the process: starts, shares and stops their sources, and says when their endpoints change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.resources.weir import EmptyProtection as EmptyProtectionSpec
from config.resources.weir import WeirSpec
from config.snapshot import BackendPlan
from discovery.asked import Asked, Sources
from discovery.empty_protection import EmptyProtection
from discovery.endpoint import EndpointSet
from discovery.kept_views import KeptViews
from discovery.runtime import Runtime
from discovery.sources.source import Answer
from discovery.watch import Watch

WRITE_INTERVAL_S = 1.0
"""The disk sees at most one round of writes in this time, however fast views change."""


@dataclass(frozen=True, slots=True)
class BackendReading:
    """What discovery knows of one backend, as plain numbers.

    `age_s` is the time since the source last confirmed what is shown, None before the first answer; `index` Consul's
    (0 elsewhere); `queries`, `answers` and `errors` (by reason) are counts since the source started, shared by the
    backends that share it; `updates` the changes of this backend's view; `holding` whether a loss waits for its
    confirmation. `source` is that of the view: `kept` until the first answer after a restart.
    """

    backend: str
    source: str
    ready: bool
    age_s: float | None
    endpoints: int
    serving: int
    index: int
    queries: int
    answers: int
    updates: int
    errors: Mapping[str, int]
    last_error: str
    holding: bool


class _Subscription:
    """One backend: what it asked, the view in force, and the guard between the two."""

    def __init__(self, registry: Discovery, name: str, plan: BackendPlan, asked: Asked, watch: Watch) -> None:
        self.name = name
        self.plan = plan
        self.asked = asked
        self.watch = watch
        self.view: EndpointSet | None = None
        self.updates = 0
        self.protection: EmptyProtection | None = None
        self._registry = registry
        self._answer: Answer | None = None
        self._confirmation: asyncio.TimerHandle | None = None
        self._trusted = True

    def protect(self, spec: EmptyProtectionSpec) -> None:
        """Take the bounds of the guard; a source that an operator wrote down needs none."""
        if not self.watch.source.protected:
            self.protection = None
        elif self.protection is None:
            self.protection = EmptyProtection(spec.drop_share, spec.confirm_after.seconds)
        else:
            self.protection.configure(spec.drop_share, spec.confirm_after.seconds)

    def start_from(self, view: EndpointSet, *, trusted: bool) -> None:
        """Begin with a view of before; one that is not `trusted` is of another question, and any answer replaces it."""
        self.view = view
        self._trusted = trusted

    def read_as(self, asked: Asked) -> None:
        """Read the same answers another way."""
        changed = asked.variant != self.asked.variant
        self.asked = asked
        if changed and self._answer is not None:
            self._trusted = False
            self.offer(self._answer)

    def offer(self, answer: Answer) -> None:
        """Judge an answer, and show what is believed of it."""
        self._answer = answer
        endpoints = answer.endpoints(self.asked.variant)
        if self.protection is not None and self.view is not None and self._trusted:
            verdict = self.protection.judge(self.view.endpoints, endpoints, self._registry.runtime.loop.time())
            endpoints = verdict.endpoints
            self._confirm_at(verdict.confirm_at_s)
        self._trusted = True
        changed = self.view is None or self.view.endpoints != endpoints
        self.view = EndpointSet(self.name, endpoints, self.watch.source.kind, self._registry.runtime.unix_s())
        if changed:
            self.updates += 1
            self._registry.changed(self.view)

    def close(self) -> None:
        """Let go of the timer; the watch is left by the registry."""
        self._confirm_at(None)

    def reading(self) -> BackendReading:
        """The numbers of now."""
        view = self.view
        tally = self.watch.source.tally
        answered_at_s = self.watch.answered_at_s
        return BackendReading(
            backend=self.name,
            source=view.source if view else self.watch.source.kind,
            ready=view is not None,
            age_s=self._age_s(answered_at_s),
            endpoints=len(view.endpoints) if view else 0,
            serving=sum(1 for endpoint in view.endpoints if endpoint.serving) if view else 0,
            index=tally.index,
            queries=tally.queries,
            answers=tally.answers,
            updates=self.updates,
            errors=dict(tally.errors),
            last_error=tally.last_error,
            holding=self.protection is not None and self.protection.holding,
        )

    def _age_s(self, answered_at_s: float | None) -> float | None:
        if not self.watch.source.protected:
            return 0.0
        if answered_at_s is not None:
            return self._registry.runtime.loop.time() - answered_at_s
        if self.view is not None:
            return max(0.0, self._registry.runtime.unix_s() - self.view.as_of_s)
        return None

    def _confirm_at(self, due_s: float | None) -> None:
        if self._confirmation is not None:
            self._confirmation.cancel()
            self._confirmation = None
        if due_s is not None:
            self._confirmation = self._registry.runtime.loop.call_at(due_s, self.watch.source.refresh)


class Discovery:
    """The supervisor's side of discovery; everything is called in its loop.

    `on_change` gets every new view, also those read back from `state_folder` at the start, from within `apply` or
    later; it must not block and must not raise.
    """

    def __init__(
        self, runtime: Runtime, on_change: Callable[[EndpointSet], None], *, state_folder: Path | None = None
    ) -> None:
        self.runtime = runtime
        self._on_change = on_change
        self._kept = KeptViews(state_folder / "views") if state_folder is not None else None
        self._sources = Sources(runtime)
        self._process: WeirSpec | None = None
        self._subscriptions: dict[str, _Subscription] = {}
        self._watches: dict[str, Watch] = {}
        self._stopping: set[Watch] = set()
        self._unwritten: dict[str, EndpointSet] = {}
        self._writer: asyncio.Task[object] | None = None
        self._round: asyncio.Future[None] | None = None

    def apply(self, backends: Mapping[str, BackendPlan], process: WeirSpec) -> None:
        """Watch exactly these backends from now on; what did not change goes on untouched, and every view stays.

        Backends that ask the same share one watch. A backend whose source changed keeps its old view until the new
        source answers.
        """
        self._sources.configure(process)
        same_process, self._process = process is self._process, process
        before = self._subscriptions
        after: dict[str, _Subscription] = {}
        for name, plan in backends.items():
            old = before.get(name)
            if same_process and old is not None and old.plan is plan:
                # A loop over thousands of backends, in the loop of those who serve.
                after[name] = old
                continue
            asked = self._sources.asked(plan)
            if old is not None and old.asked.key == asked.key:
                subscription = old
                subscription.plan = plan
                subscription.protect(plan.spec.empty_protection or process.discovery.empty_protection)
                subscription.read_as(asked)
            else:
                subscription = self._subscribe(name, plan, asked, old)
                subscription.protect(plan.spec.empty_protection or process.discovery.empty_protection)
                subscription.watch.join(subscription)
            after[name] = subscription
        self._subscriptions = after
        for name, old in before.items():
            if after.get(name) is not old:
                self._unsubscribe(old)
        self._sources.close_unused()
        if self._kept is not None and before.keys() != after.keys():
            self._kept.forget_others(after)

    def ready(self) -> bool:
        """Whether every backend has a view, be it a kept one."""
        return not self.waiting()

    def waiting(self) -> tuple[str, ...]:
        """The backends that have no view yet."""
        return tuple(name for name, subscription in self._subscriptions.items() if subscription.view is None)

    def views(self) -> Mapping[str, EndpointSet]:
        """The views in force, by backend: what a new worker is given."""
        return {name: entry.view for name, entry in self._subscriptions.items() if entry.view is not None}

    def readings(self) -> tuple[BackendReading, ...]:
        """The numbers of every backend, for metrics."""
        return tuple(subscription.reading() for subscription in self._subscriptions.values())

    def describe(self) -> list[dict[str, object]]:
        """What the API shows, one JSON object per backend."""
        described: list[dict[str, object]] = []
        for name, subscription in self._subscriptions.items():
            reading, view = subscription.reading(), subscription.view
            described.append(
                {
                    "name": name,
                    "source": reading.source,
                    "asked": subscription.asked.text,
                    "ready": reading.ready,
                    "ageSeconds": reading.age_s,
                    "asOf": view.as_of_s if view else None,
                    "index": reading.index,
                    "queries": reading.queries,
                    "updates": reading.updates,
                    "errors": dict(reading.errors),
                    "lastError": reading.last_error,
                    "lossUnconfirmed": reading.holding,
                    "endpoints": [
                        {
                            "id": endpoint.id,
                            "address": endpoint.address,
                            "port": endpoint.port,
                            "weight": endpoint.weight,
                            "zone": endpoint.zone,
                            "tags": dict(endpoint.tags),
                            "serving": endpoint.serving,
                        }
                        for endpoint in (view.endpoints if view else ())
                    ],
                }
            )
        return described

    async def close(self) -> None:
        """Stop all sources and write the views that are not written yet; nothing is published any more."""
        for subscription in self._subscriptions.values():
            self._unsubscribe(subscription)
        for watch in tuple(self._stopping):
            await watch.ended()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        if self._round is not None:
            # A thread cannot be cancelled: two at once would write the same files.
            await asyncio.wait([self._round])
        self._write(self._to_keep(self._unwritten))
        self._unwritten.clear()
        self._subscriptions = {}
        await self._sources.close()

    def changed(self, view: EndpointSet) -> None:
        """Pass a view on and have it kept; for the subscriptions."""
        self._on_change(view)
        if self._kept is not None:
            self._unwritten[view.backend] = view
            if self._writer is None or self._writer.done():
                self._writer = self.runtime.spawn(self._write_views(), name="keep views")

    def _subscribe(self, name: str, plan: BackendPlan, asked: Asked, old: _Subscription | None) -> _Subscription:
        watch = self._watches.get(asked.key)
        if watch is None:
            watch = self._watches[asked.key] = Watch(self._sources.make(plan), self.runtime)
        subscription = _Subscription(self, name, plan, asked, watch)
        if old is not None and old.view is not None:
            subscription.updates = old.updates
            subscription.start_from(old.view, trusted=old.asked.text == asked.text)
        elif self._kept is not None and watch.source.protected:
            kept = self._kept.read(name, asked.whole)
            if kept is not None:
                subscription.start_from(kept, trusted=True)
                self._on_change(kept)
        return subscription

    def _unsubscribe(self, subscription: _Subscription) -> None:
        subscription.close()
        watch = subscription.watch
        if not watch.leave(subscription):
            for key, known in tuple(self._watches.items()):
                if known is watch:
                    del self._watches[key]
            self._stopping = {other for other in self._stopping if not other.stopped()} | {watch}

    async def _write_views(self) -> None:
        while self._unwritten:
            writing = dict(self._unwritten)
            self._round = self.runtime.loop.run_in_executor(None, self._write, self._to_keep(writing))
            await asyncio.shield(self._round)
            # Struck out only now, so that a write that was cancelled is made by `close`.
            for name, view in writing.items():
                if self._unwritten.get(name) is view:
                    del self._unwritten[name]
            await asyncio.sleep(WRITE_INTERVAL_S)

    def _to_keep(self, views: Mapping[str, EndpointSet]) -> list[tuple[EndpointSet, str]]:
        """Each view with its question; not what an operator wrote down, which is read again from there."""
        entries = [(view, self._subscriptions.get(name)) for name, view in views.items()]
        return [(view, entry.asked.whole) for view, entry in entries if entry and entry.watch.source.protected]

    def _write(self, views: list[tuple[EndpointSet, str]]) -> None:
        if self._kept is not None:
            for view, asked in views:
                self._kept.write(view, asked)
