"""Settings by hand: one per endpoint and action, for a time, and kept."""

from __future__ import annotations

import json

import pytest

from discovery.health import by_hand
from discovery.health.by_hand import Action, ByHand, Setting, TooMany


def setting(
    endpoint: str = "a", action: Action = Action.DRAIN, until_s: float = 100.0, backend: str = "d/b", weight: int = 0
) -> Setting:
    return Setting(backend, endpoint, action, 0.0, until_s, weight, "why", "ops")


def test_one_setting_per_endpoint_and_action_and_the_later_one_holds() -> None:
    hand = ByHand()
    for each in (setting(), setting(until_s=50.0), setting(action=Action.WEIGHT, weight=3), setting("z")):
        hand.put(each)
    assert len(hand) == 3
    assert hand.of("d/b", "a") == {
        Action.DRAIN: setting(until_s=50.0),
        Action.WEIGHT: setting(action=Action.WEIGHT, weight=3),
    }
    assert hand.of("d/b", "c") == hand.of("d/c", "a") == {}
    assert hand.counts() == {"drain": 2, "eject": 0, "weight": 1}
    assert hand.next_expiry_s == 50.0


def test_what_is_over_is_taken_back_and_told() -> None:
    hand = ByHand()
    hand.put(setting("a", until_s=10.0))
    hand.put(setting("b", until_s=20.0))
    assert hand.expire(9.9) == ()
    assert hand.expire(10.0) == (setting("a", until_s=10.0),)
    assert hand.all == (setting("b", until_s=20.0),)
    assert hand.remove("d/b", "b", Action.DRAIN)
    assert not hand.remove("d/b", "b", Action.DRAIN)
    assert (len(hand), hand.next_expiry_s) == (0, None)


def test_there_are_no_more_than_a_hand_could_have_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_hand, "LIMIT_SETTINGS", 2)
    hand = ByHand()
    hand.put(setting("a"))
    hand.put(setting("b"))
    with pytest.raises(TooMany):
        hand.put(setting("c"))
    hand.put(setting("b", until_s=5.0))
    hand.remove("d/b", "a", Action.DRAIN)
    hand.put(setting("c"))
    assert [each.endpoint for each in hand.all] == ["b", "c"]


def test_kept_settings_come_back_less_those_that_are_over() -> None:
    hand, again = ByHand(), ByHand()
    hand.put(setting("a", until_s=10.0))
    hand.put(setting("b", Action.WEIGHT, 20.0, weight=7))
    again.load(hand.dump(), 15.0)
    assert again.all == (setting("b", Action.WEIGHT, 20.0, weight=7),)


@pytest.mark.parametrize(
    ("change", "value"),
    [("action", "explode"), ("weight", 70_000), ("weight", "3"), ("until_s", None), ("backend", 5), ("more", 1)],
)
def test_document_of_anything_else_changes_nothing(change: str, value: object) -> None:
    hand, again = ByHand(), ByHand()
    hand.put(setting())
    document = json.loads(hand.dump())
    document["settings"].append({**document["settings"][0], "endpoint": "b", change: value})
    for broken in (json.dumps(document).encode(), b"[]", b"{", b'{"format": 2, "settings": []}'):
        with pytest.raises(ValueError, match=r"."):
            again.load(broken, 0.0)
        assert again.all == ()


def test_api_tells_the_time_that_is_left() -> None:
    told = setting(action=Action.WEIGHT, weight=3).describe(40.0)
    assert (told["action"], told["weight"], told["secondsLeft"], told["who"]) == ("weight", 3, 60.0, "ops")
    assert setting().describe(200.0)["secondsLeft"] == 0.0
    assert setting().describe(200.0)["weight"] is None
