"""Tests of the large configuration and of its edit."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from benchmarks.answer_check import WrongAnswer
from benchmarks.http_client import Answer, Client
from benchmarks.open_loop import OpenLoopReport
from benchmarks.origin import Origin
from benchmarks.results import Measure
from benchmarks.scenarios.reload import (
    MARKER,
    Reloads,
    checked_load,
    edit,
    many,
    quiet_latencies_ms,
    reload_latencies_ms,
)


def test_as_many_rules_and_endpoints_as_asked_for() -> None:
    resources = [each for each in yaml.safe_load_all("".join(many(1000, [1, 2]))) if each]
    routes = [each for each in resources if each["kind"] == "HTTPRoute"]
    rules = [rule for route in routes for rule in route["spec"]["rules"]]
    assert len(rules) == 1000
    assert len({rule["matches"][0]["path"]["value"] for rule in rules}) == 1000
    assert max(len(route["spec"]["rules"]) for route in routes) == 16
    backends = {each["metadata"]["name"]: each for each in resources if each["kind"] == "Backend"}
    assert {rule["backendRefs"][0]["name"] for rule in rules} <= set(backends)
    unasked = [
        (endpoint["address"], endpoint["port"])
        for name, backend in backends.items()
        if name.startswith("unasked")
        for endpoint in backend["spec"]["static"]["endpoints"]
    ]
    assert len(set(unasked)) == 1000


def test_edit_replaces_the_one_marker_by_a_rename(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(f"a: [{MARKER % 0}]\n")
    before = file.stat().st_ino
    edit(file, MARKER % 0, MARKER % 1)
    assert file.read_text() == f"a: [{MARKER % 1}]\n"
    assert file.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [file]


def test_edit_of_nothing_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("a: 1\n")
    with pytest.raises(ValueError, match="once"):
        edit(file, MARKER % 0, MARKER % 1)


class Scripted(Client):
    """Answered by endpoints in turn; one past the script is an error of the test."""

    def __init__(self, *endpoints: int, status: int = 200) -> None:
        super().__init__(1, "x")
        self._left = list(endpoints)
        self._status = status

    def get(self, path: str, headers: object = None) -> Answer:
        return Answer(self._status, Origin.small_body(self._left.pop(0)))


def test_requests_are_timed_until_the_new_endpoint_answers() -> None:
    assert len(reload_latencies_ms(Scripted(0, 0, 1, 0), 0, 1)) == 3


def test_a_third_endpoint_is_a_wrong_answer() -> None:
    with pytest.raises(WrongAnswer, match="0002"):
        reload_latencies_ms(Scripted(0, 2), 0, 1)


def test_failure_while_it_reloads_is_a_wrong_answer() -> None:
    with pytest.raises(WrongAnswer, match="503"):
        reload_latencies_ms(Scripted(0, status=503), 0, 1)


def test_change_while_nothing_was_edited_is_a_wrong_answer() -> None:
    with pytest.raises(WrongAnswer, match="0001"):
        quiet_latencies_ms(Scripted(0, 1), 0, duration_s=60)


def report(p99_ms: float, *, unanswered: int = 0) -> OpenLoopReport:
    return OpenLoopReport(
        requests=100,
        answered=100 - unanswered,
        unanswered=unanswered,
        not_2xx=0,
        socket_errors=0,
        answer_bytes=1,
        seconds=1.0,
        p50_ms=1.0,
        p99_ms=p99_ms,
        p999_ms=p99_ms,
        max_ms=p99_ms,
        lag_p99_ms=0.0,
        lag_max_ms=0.0,
    )


def test_request_that_was_dropped_around_a_reload_is_wrong() -> None:
    assert checked_load(report(1.0)).p99_ms == 1.0
    with pytest.raises(WrongAnswer, match="1 of 100"):
        checked_load(report(1.0, unanswered=1))


def test_goals_are_taken_reload_by_reload() -> None:
    found = Reloads(
        reload_s=[0.9, 1.3],
        loaded_reload_s=[1.0, 1.5],
        quiet_ms=[1.0, 1.0],
        busy_ms=[1.5, 1.5],
        worst_ms=[9.0, 9.0],
        quiet_load=[report(1.0), report(2.0)],
        busy_load=[report(3.0), report(4.0)],
    )
    assert [(goal.found, goal.met) for goal in found.goals()] == [(1.1, False), (1.5, True), (2.5, False)]
    p99 = {each.subject: each.values for each in found.series() if each.measure is Measure.P99_MS}
    assert p99["weir, under load, while it reloads"] == (3.0, 4.0)
