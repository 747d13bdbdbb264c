"""The guard against an answer that empties a backend by error: a great loss is confirmed before it is believed."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to show now. `confirm_at_s` is None where the answer is believed, else when to ask again."""

    endpoints: tuple[Endpoint, ...]
    confirm_at_s: float | None = None


class EmptyProtection:
    """Judges the answers for one backend, one after the other.

    `drop_share` (0..1) is the share of serving endpoints that one answer may lose; more, or all of them, is held back
    until an answer that comes `confirm_after_s` or more later still says so. Meanwhile what the answer adds or changes
    counts at once, and what it lost stays. Each answer is measured against what is shown, so endpoints that leave one
    by one are never held back, however many do.
    """

    __slots__ = ("_confirm_after_s", "_confirm_at_s", "_drop_share")

    def __init__(self, drop_share: float, confirm_after_s: float) -> None:
        self._drop_share = drop_share
        self._confirm_after_s = confirm_after_s
        self._confirm_at_s: float | None = None

    @property
    def holding(self) -> bool:
        """Whether a loss waits for its confirmation."""
        return self._confirm_at_s is not None

    def configure(self, drop_share: float, confirm_after_s: float) -> None:
        """Take other bounds for the answers to come."""
        self._drop_share = drop_share
        self._confirm_after_s = confirm_after_s

    def judge(self, shown: tuple[Endpoint, ...], offered: tuple[Endpoint, ...], now_s: float) -> Verdict:
        """Decide over `offered` where `shown` is in force; `now_s` of any one clock that does not go back."""
        if not self._suspicious(shown, offered):
            self._confirm_at_s = None
            return Verdict(offered)
        if self._confirm_at_s is None:
            self._confirm_at_s = now_s + self._confirm_after_s
        if now_s >= self._confirm_at_s:
            self._confirm_at_s = None
            return Verdict(offered)
        serving = {endpoint.id for endpoint in offered if endpoint.serving}
        lost = {endpoint.id: endpoint for endpoint in shown if endpoint.serving and endpoint.id not in serving}
        believed = tuple(endpoint for endpoint in offered if endpoint.id not in lost)
        return Verdict(believed + tuple(lost.values()), self._confirm_at_s)

    def _suspicious(self, shown: tuple[Endpoint, ...], offered: tuple[Endpoint, ...]) -> bool:
        before = {endpoint.id for endpoint in shown if endpoint.serving}
        if not before:
            return False
        after = {endpoint.id for endpoint in offered if endpoint.serving}
        if not after:
            return True
        return len(before - after) > self._drop_share * len(before)
