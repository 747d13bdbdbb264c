"""Who sends: requests at random times, whether or not earlier ones were answered, and what became of each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from random import Random

from benchmarks.simulation.calls import Target
from benchmarks.simulation.events import Events


class Outcomes:
    """Of the requests that were sent from `since_ns` on: latencies of those that went well, and errors by status."""

    def __init__(self, events: Events, since_ns: int = 0) -> None:
        self.since_ns = since_ns
        self.sent = 0
        self.latencies_ns = array("q")
        self.errors: dict[int, int] = {}
        self._events = events

    @property
    def failed(self) -> float:
        """The part that got an error, 0..1, of those that were answered."""
        errors = sum(self.errors.values())
        return errors / max(1, errors + len(self.latencies_ns))

    def note(self, begun_ns: int, status: int) -> None:
        """One is answered."""
        if begun_ns < self.since_ns:
            return
        if status < 500:
            self.latencies_ns.append(self._events.now_ns - begun_ns)
        else:
            self.errors[status] = self.errors.get(status, 0) + 1


class Request:
    """One request of a client."""

    __slots__ = ("_begun_ns", "_outcomes")

    def __init__(self, outcomes: Outcomes, begun_ns: int) -> None:
        self._outcomes = outcomes
        self._begun_ns = begun_ns

    def answered(self, status: int, *, tried: bool) -> None:
        """As a `Call` of the gateway."""
        self._outcomes.note(self._begun_ns, status)

    def refused(self) -> None:
        """As a `Call` of the gateway."""
        self._outcomes.note(self._begun_ns, 502)


class Clients:
    """Sends `per_second` requests (Poisson) to all `gateways` together, each to one drawn for it; `outcomes` may be
    changed while it runs. With `keys` each has one of so many keys, all alike.
    """

    def __init__(
        self,
        events: Events,
        random: Random,
        gateways: Sequence[Target],
        per_second: float,
        outcomes: Outcomes,
        keys: int = 0,
    ) -> None:
        self.outcomes = outcomes
        self._events = events
        self._random = random
        self._gateways = gateways
        self._per_ns = per_second / 1e9
        self._keys = keys
        self._stopped = False
        self._await()

    def stop(self) -> None:
        """Send no more; what was sent is still answered."""
        self._stopped = True

    def _await(self) -> None:
        self._events.after(max(1, int(self._random.expovariate(self._per_ns))), self._send)

    def _send(self) -> None:
        if self._stopped:
            return
        random, outcomes = self._random, self.outcomes
        key = b"client %d" % random.randrange(self._keys) if self._keys else None
        now_ns = self._events.now_ns
        if now_ns >= outcomes.since_ns:
            outcomes.sent += 1
        gateway = self._gateways[random.randrange(len(self._gateways))]
        gateway.take(Request(outcomes, now_ns), key, again=False)
        self._await()


def at(events: Events, when_ns: int, outcomes: Outcomes, clients: Clients) -> None:
    """From that time on, `clients` note into `outcomes`."""
    events.after(when_ns - events.now_ns, partial(setattr, clients, "outcomes", outcomes))
