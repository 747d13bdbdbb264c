"""What operators set on endpoints by hand, each for a time: drained, ejected, another weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

import orjson

FORMAT = 1
LIMIT_SETTINGS = 10_000
"""Each of them is looked at for each view of its backend; more are not a hand's work."""
LONGEST_S = 30 * 86_400.0
MAX_WEIGHT = 65_535
WORDS = 256
"""Characters of a reason, and of the name of who gave it."""


class Action(StrEnum):
    """What is set: no new request (`drain`), unhealthy (`eject`), another weight (`weight`)."""

    DRAIN = "drain"
    EJECT = "eject"
    WEIGHT = "weight"


class TooMany(Exception):
    """LIMIT_SETTINGS are in force already."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One action on one endpoint, by its id, until `until_s` (unix time, as it outlives the process).

    `weight` (0..65535) counts for that action alone; `who` is the name of the token.
    """

    backend: str
    endpoint: str
    action: Action
    since_s: float
    until_s: float
    weight: int = 0
    reason: str = ""
    who: str = ""

    def describe(self, unix_s: float) -> dict[str, object]:
        """For the API, at that time."""
        return {
            "backend": self.backend,
            "endpoint": self.endpoint,
            "action": self.action.value,
            "weight": self.weight if self.action is Action.WEIGHT else None,
            "since": self.since_s,
            "until": self.until_s,
            "secondsLeft": max(0.0, self.until_s - unix_s),
            "reason": self.reason,
            "who": self.who,
        }


Settings = Mapping[Action, Setting]
_NONE: Settings = {}


class ByHand:
    """All settings in force: at most one per endpoint and action."""

    def __init__(self) -> None:
        self._by_backend: dict[str, dict[str, dict[Action, Setting]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def all(self) -> tuple[Setting, ...]:
        """Every one, by backend and endpoint."""
        return tuple(
            actions[action]
            for _, endpoints in sorted(self._by_backend.items())
            for _, actions in sorted(endpoints.items())
            for action in sorted(actions)
        )

    def counts(self) -> Mapping[str, int]:
        """How many there are, by action."""
        found = [setting.action for setting in self.all]
        return {action.value: found.count(action) for action in Action}

    @property
    def next_expiry_s(self) -> float | None:
        """Unix time at which the next one ends."""
        return min((setting.until_s for setting in self.all), default=None)

    def of(self, backend: str, endpoint: str) -> Settings:
        """What is set on an endpoint."""
        return self._by_backend.get(backend, {}).get(endpoint, _NONE)

    def put(self, setting: Setting) -> None:
        """Set it, in place of one of the same action. Raises TooMany."""
        actions = self._by_backend.get(setting.backend, {}).get(setting.endpoint, {})
        if setting.action not in actions:
            if self._count >= LIMIT_SETTINGS:
                raise TooMany(f"{LIMIT_SETTINGS} settings are in force already")
            self._count += 1
        self._by_backend.setdefault(setting.backend, {}).setdefault(setting.endpoint, {})[setting.action] = setting

    def remove(self, backend: str, endpoint: str, action: Action) -> bool:
        """Take it back; whether there was one."""
        endpoints = self._by_backend.get(backend, {})
        actions = endpoints.get(endpoint, {})
        if actions.pop(action, None) is None:
            return False
        self._count -= 1
        if not actions:
            del endpoints[endpoint]
        if not endpoints:
            del self._by_backend[backend]
        return True

    def expire(self, now_s: float) -> tuple[Setting, ...]:
        """Take back those whose time is over, and return them."""
        over = tuple(setting for setting in self.all if setting.until_s <= now_s)
        for setting in over:
            self.remove(setting.backend, setting.endpoint, setting.action)
        return over

    def dump(self) -> bytes:
        """All as a JSON document, for `load`."""
        return orjson.dumps({"format": FORMAT, "settings": [asdict(setting) for setting in self.all]})

    def load(self, document: bytes, now_s: float) -> None:
        """Take what `dump` wrote, less what is over. Raises ValueError for anything else, with nothing taken."""
        try:
            told = orjson.loads(document)
            if told["format"] != FORMAT:
                raise ValueError(f"format {told['format']!r} is not {FORMAT}")
            settings = [_setting(entry) for entry in told["settings"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"no settings: {type(error).__name__}: {error}") from error
        for setting in settings[:LIMIT_SETTINGS]:
            if setting.until_s > now_s:
                self.put(setting)


def _setting(entry: Mapping[str, object]) -> Setting:
    setting = Setting(**{**entry, "action": Action(str(entry["action"]))})  # type: ignore[arg-type]
    texts = (setting.backend, setting.endpoint, setting.reason, setting.who)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is none")
    if not (isinstance(setting.weight, int) and 0 <= setting.weight <= MAX_WEIGHT):
        raise TypeError("a weight is none")
    if not all(isinstance(time_s, float | int) for time_s in (setting.since_s, setting.until_s)):
        raise TypeError("a time is none")
    return setting
