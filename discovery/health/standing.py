"""How one endpoint stands: what checks, traffic and operators say of it, and what becomes of it in the view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from discovery.endpoint import Endpoint
from discovery.health.by_hand import Action, Setting
from discovery.health.outlier import Ejection
from discovery.health.state import FlipCounter

STATES = ("serving", "draining", "failing", "ejected", "waiting")
"""Every word that `Standing.state` may say."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`check` is None where no active check runs; `last_failure` tells its last bad result. `waits` is True for one
    that is not judged yet while others of its backend are known to be well.
    """

    check: FlipCounter | None = None
    last_failure: str = ""
    waits: bool = False
    ejection: Ejection | None = None
    by_hand: Mapping[Action, Setting] = field(default_factory=dict)

    @property
    def failing(self) -> bool:
        """Whether the active check says so."""
        return self.check is not None and self.check.healthy is False

    @property
    def sound(self) -> bool:
        """Whether nothing but an ejection by traffic speaks against its health."""
        return not (self.failing or self.waits or Action.EJECT in self.by_hand)

    def shown(self, endpoint: Endpoint) -> Endpoint:
        """`endpoint` as workers are to see it; itself where nothing is to be said."""
        healthy = endpoint.healthy and self.sound and self.ejection is None
        serving = endpoint.serving and Action.DRAIN not in self.by_hand
        weighed = self.by_hand.get(Action.WEIGHT)
        weight = endpoint.weight if weighed is None else weighed.weight
        if (healthy, serving, weight) == (endpoint.healthy, endpoint.serving, endpoint.weight):
            return endpoint
        return replace(endpoint, healthy=healthy, serving=serving, weight=weight)

    def state(self, endpoint: Endpoint) -> str:
        """One word of STATES for `endpoint` as its source tells it."""
        if not endpoint.serving or Action.DRAIN in self.by_hand:
            return "draining"
        if self.ejection is not None or Action.EJECT in self.by_hand:
            return "ejected"
        if self.failing:
            return "failing"
        return "waiting" if self.waits else "serving"

    def reasons(self, now_s: float, unix_s: float) -> list[str]:
        """Why it is not as its source tells it, in words. `now_s` is of the clock of ejections."""
        found: list[str] = []
        for action, setting in sorted(self.by_hand.items()):
            what = f"weight {setting.weight}" if action is Action.WEIGHT else action.value
            why = f": {setting.reason}" if setting.reason else ""
            found.append(f"{what} by {setting.who or 'hand'} for {_seconds(setting.until_s - unix_s)} more{why}")
        if self.ejection is not None:
            left = _seconds(self.ejection.until_s - now_s)
            found.append(f"ejected by {self.ejection.cause} for {left} more (time {self.ejection.times})")
        if self.check is not None and self.check.failures:
            found.append(f"check failed {self.check.failures} in a row: {self.last_failure}")
        if self.waits:
            found.append("not checked well so far")
        return found

    def describe(self, endpoint: Endpoint, now_s: float, unix_s: float) -> dict[str, object]:
        """For the API; clocks as for `reasons`."""
        shown, check, ejection = self.shown(endpoint), self.check, self.ejection
        described: dict[str, object] = {
            "weight": shown.weight,
            "serving": shown.serving,
            "healthy": shown.healthy,
            "state": self.state(endpoint),
            "reasons": self.reasons(now_s, unix_s),
        }
        if check is not None:
            described["check"] = {
                "healthy": check.healthy,
                "successes": check.successes,
                "failures": check.failures,
                "lastFailure": self.last_failure,
            }
        if ejection is not None:
            left_s = max(0.0, ejection.until_s - now_s)
            described["ejection"] = {"cause": ejection.cause, "secondsLeft": left_s, "times": ejection.times}
        if self.by_hand:
            described["byHand"] = [setting.describe(unix_s) for _, setting in sorted(self.by_hand.items())]
        return described


def _seconds(left_s: float) -> str:
    return f"{max(0.0, left_s):.0f}s"
