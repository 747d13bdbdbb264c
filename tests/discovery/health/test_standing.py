"""What becomes of an endpoint by what is said of it."""

from __future__ import annotations

import pytest

from discovery.health.by_hand import Action, Setting
from discovery.health.outlier import Ejection
from discovery.health.standing import STATES, Standing
from discovery.health.state import FlipCounter
from tests.support.endpoints import endpoint

ASKED = endpoint(1, 5)


def flip(*results: bool) -> FlipCounter:
    counter = FlipCounter(2, 2)
    for passed in results:
        counter.record(passed=passed)
    return counter


def by_hand(action: Action, weight: int = 0) -> dict[Action, Setting]:
    return {action: Setting("d/b", "e1", action, 0.0, 100.0, weight, "release", "ops")}


EJECTION = Ejection("consecutive5xx", 0.0, 30.0, 1)


@pytest.mark.parametrize(
    ("standing", "healthy", "serving", "weight", "state", "words"),
    [
        (Standing(), True, True, 5, "serving", ""),
        (Standing(flip(True)), True, True, 5, "serving", ""),
        (Standing(flip(True, False), "status 500"), True, True, 5, "serving", "check failed 1 in a row: status 500"),
        (Standing(flip(False, False), "refused"), False, True, 5, "failing", "check failed 2 in a row: refused"),
        (Standing(flip()), True, True, 5, "serving", ""),
        (Standing(flip(), waits=True), False, True, 5, "waiting", "not checked well so far"),
        (Standing(ejection=EJECTION), False, True, 5, "ejected", "ejected by consecutive5xx for 20s more (time 1)"),
        (Standing(by_hand=by_hand(Action.EJECT)), False, True, 5, "ejected", "eject by ops for 60s more: release"),
        (Standing(by_hand=by_hand(Action.DRAIN)), True, False, 5, "draining", "drain by ops for 60s more: release"),
        (
            Standing(by_hand=by_hand(Action.WEIGHT, 0)),
            True,
            True,
            0,
            "serving",
            "weight 0 by ops for 60s more: release",
        ),
    ],
)
def test_each_word_against_it_has_its_effect_and_its_reason(
    standing: Standing, healthy: bool, serving: bool, weight: int, state: str, words: str
) -> None:
    shown = standing.shown(ASKED)
    assert (shown.healthy, shown.serving, shown.weight) == (healthy, serving, weight)
    assert (shown.id, shown.address, shown.port, shown.tags) == (ASKED.id, ASKED.address, ASKED.port, ASKED.tags)
    assert standing.state(ASKED) == state
    assert state in STATES
    assert "; ".join(standing.reasons(10.0, 40.0)) == words


def test_nothing_to_say_leaves_the_endpoint_itself() -> None:
    assert Standing(flip(True)).shown(ASKED) is ASKED


def test_what_the_source_says_is_never_made_better() -> None:
    draining = endpoint(1, serving=False)
    assert not Standing(flip(True)).shown(draining).serving
    assert Standing(flip(True)).state(draining) == "draining"


def test_an_ejection_alone_does_not_make_it_unsound() -> None:
    assert Standing(ejection=EJECTION).sound
    assert not Standing(flip(False, False)).sound
    assert not Standing(by_hand=by_hand(Action.EJECT)).sound


def test_api_tells_what_there_is_to_tell() -> None:
    told = Standing(flip(False, False), "refused", ejection=EJECTION, by_hand=by_hand(Action.WEIGHT, 2)).describe(
        ASKED, 10.0, 40.0
    )
    assert told["check"] == {"healthy": False, "successes": 0, "failures": 2, "lastFailure": "refused"}
    assert told["ejection"] == {"cause": "consecutive5xx", "secondsLeft": 20.0, "times": 1}
    assert (told["weight"], told["healthy"], told["state"]) == (2, False, "ejected")
    assert Standing().describe(ASKED, 0.0, 0.0).keys() == {"weight", "serving", "healthy", "state", "reasons"}
