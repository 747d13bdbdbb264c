"""Waiting for an endpoint: what ends it, what it says when it does not come, and how often it asks."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from gateway.cli.admin_client import AdminClient, Json
from gateway.cli.failure import Failed
from gateway.cli.in_flight import LONGEST_PAUSE_S, STILL_IN_FLIGHT, await_state


class Told(AdminClient):
    """Answers with one state after the other, the last one for ever; its clock goes only while it is paused."""

    def __init__(self, *states: tuple[bool, int, int]) -> None:
        super().__init__("http://127.0.0.1:1")
        self._states = list(states)
        self.clock_s = 100.0
        self.pauses: list[float] = []

    def send(self, method: str, path: str, params: Sequence[tuple[str, str]] = (), body: Json = None) -> bytes:
        assert (method, path, dict(params)) == ("GET", "/api/v1/in-flight", {"backend": "d/b", "endpoint": "e:1"})
        takes, count, silent = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return json.dumps({"takesRequests": takes, "inFlight": count, "silentWorkers": silent}).encode()

    def wait(self, timeout_s: float, *, serving: bool = False) -> float:
        def pause(seconds: float) -> None:
            self.pauses.append(seconds)
            self.clock_s += seconds

        return await_state(self, "d/b", "e:1", timeout_s, serving=serving, now_s=lambda: self.clock_s, pause=pause)


def test_is_over_at_once_where_nothing_runs() -> None:
    told = Told((False, 0, 0))
    assert (told.wait(0.0), told.pauses) == (0.0, [])


def test_waits_while_it_takes_requests_has_some_or_a_worker_is_silent() -> None:
    told = Told((True, 0, 0), (False, 2, 0), (False, 0, 1), (False, 0, 0))
    assert told.wait(60.0) == pytest.approx(sum(told.pauses))
    assert len(told.pauses) == 3


@pytest.mark.parametrize(
    ("state", "words"),
    [((True, 0, 0), "still takes new"), ((False, 2, 0), "2 in flight"), ((False, 0, 1), "1 worker(s) did not say")],
)
def test_says_what_is_left_when_the_time_is_over(state: tuple[bool, int, int], words: str) -> None:
    told = Told(state)
    with pytest.raises(Failed) as failed:
        told.wait(10.0)
    assert words in str(failed.value)
    assert failed.value.code == STILL_IN_FLIGHT
    assert sum(told.pauses) == pytest.approx(10.0)
    assert max(told.pauses) == LONGEST_PAUSE_S


def test_waits_until_it_serves() -> None:
    assert Told((False, 0, 0), (True, 9, 0)).wait(60.0, serving=True) > 0
    with pytest.raises(Failed, match="takes no requests yet"):
        Told((False, 0, 0)).wait(1.0, serving=True)
