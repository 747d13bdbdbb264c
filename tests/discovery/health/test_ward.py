"""One backend's health: checks, ejections and settings by hand together in one view."""

from __future__ import annotations

from collections.abc import Mapping

from config.resources.backend_policy import HealthCheck
from discovery.endpoint import Endpoint
from discovery.health.by_hand import Action, ByHand, Setting
from discovery.health.probes import ProbeFailed
from discovery.health.ward import Ward, panics
from tests.support.endpoints import endpoint, endpoint_set, plan

FAILED = ProbeFailed("status", "status 500")
CHECK = {"tcp": {}, "unhealthyThreshold": 2, "healthyThreshold": 2}
DETECTION = {"maxEjectionPercent": 50, "interval": "10s"}
CAUSE = "consecutive5xx"


def ward_of(count: int, by_hand: ByHand | None = None, **policy: Mapping[str, object]) -> Ward:
    """Endpoints e0 and on, of a backend with `policy`."""
    spec = plan(policy=policy)
    ward = Ward(spec, by_hand if by_hand is not None else ByHand())
    ward.set_check(spec.policy.health_check)
    ward.set_outliers(spec.policy.outlier_detection)
    ward.tell(endpoint_set([endpoint(number) for number in range(count)]))
    ward.refresh()
    return ward


def healthy(ward: Ward) -> list[str]:
    ward.refresh()
    assert ward.shown is not None
    return [each.id for each in ward.shown.endpoints if each.healthy]


def check(ward: Ward, identity: str, *, passed: bool, times: int = 1) -> None:
    for _ in range(times):
        ward.checked(identity, None if passed else FAILED, 0.0)


def test_view_is_told_once_and_only_where_it_changes() -> None:
    ward = Ward(plan(), ByHand())
    assert ward.refresh() is None, "the source has told nothing"
    told = endpoint_set([endpoint(1)])
    ward.tell(told)
    assert ward.refresh() == told
    ward.tell(endpoint_set([endpoint(1)]))
    assert ward.refresh() is None


def test_all_count_until_one_is_known_to_be_well_and_then_the_unproven_wait() -> None:
    ward = ward_of(3, healthCheck=CHECK)
    assert healthy(ward) == ["e0", "e1", "e2"]
    check(ward, "e1", passed=True)
    assert healthy(ward) == ["e1"]
    check(ward, "e0", passed=True)
    check(ward, "e2", passed=False, times=2)
    assert healthy(ward) == ["e0", "e1"]
    assert ward.reading().endpoints == {"serving": 2, "draining": 0, "failing": 1, "ejected": 0, "waiting": 0}


def test_new_endpoint_waits_for_its_first_good_result() -> None:
    ward = ward_of(1, healthCheck=CHECK)
    check(ward, "e0", passed=True)
    ward.tell(endpoint_set([endpoint(0), endpoint(1)]))
    assert healthy(ward) == ["e0"]
    check(ward, "e1", passed=True)
    assert healthy(ward) == ["e0", "e1"]


def test_check_that_comes_by_reload_takes_nobody_out_before_it_has_failed() -> None:
    ward = ward_of(2)
    ward.set_check(HealthCheck.model_validate(CHECK))
    check(ward, "e0", passed=True)
    assert healthy(ward) == ["e0", "e1"]
    check(ward, "e1", passed=False, times=2)
    assert healthy(ward) == ["e0"]
    ward.set_check(HealthCheck.model_validate({**CHECK, "healthyThreshold": 1}))
    assert healthy(ward) == ["e0"], "what is known holds under another check"
    check(ward, "e1", passed=True)
    assert healthy(ward) == ["e0", "e1"]
    check(ward, "e1", passed=False, times=2)
    ward.set_check(None)
    assert healthy(ward) == ["e0", "e1"]


def test_endpoint_at_another_place_is_another_one() -> None:
    ward = ward_of(2, healthCheck=CHECK, outlierDetection=DETECTION)
    check(ward, "e0", passed=True)
    check(ward, "e1", passed=False, times=2)
    ward.eject("e1", CAUSE, 0.0)
    ward.tell(endpoint_set([endpoint(0), Endpoint("e1", "10.0.0.9", 9001)]))
    assert ward.describe(0.0, 0.0)["e1"]["state"] == "waiting"


def test_what_kept_the_gateway_from_asking_says_nothing_of_the_endpoint() -> None:
    ward = ward_of(2, healthCheck=CHECK)
    check(ward, "e0", passed=True)
    for _ in range(9):
        ward.checked("e0", ProbeFailed("local", "too many open files"), 0.0)
    assert healthy(ward) == ["e0"]
    assert ward.reading().checks["local"] == 9
    assert ward.checked("e1", ProbeFailed("local", "too many open files"), 0.0) == (False, False)


def test_endpoint_that_flaps_under_its_thresholds_changes_nothing() -> None:
    ward = ward_of(2, healthCheck={**CHECK, "unhealthyThreshold": 3, "healthyThreshold": 3})
    for identity in ("e0", "e1"):
        check(ward, identity, passed=True)
    ward.refresh()
    for _ in range(20):
        check(ward, "e0", passed=False, times=2)
        check(ward, "e0", passed=True)
        assert ward.refresh() is None
    check(ward, "e0", passed=False, times=3)
    assert ward.refresh() is not None
    for _ in range(20):
        check(ward, "e0", passed=True, times=2)
        check(ward, "e0", passed=False)
        assert ward.refresh() is None


def test_result_for_who_left_is_nothing() -> None:
    ward = ward_of(1, healthCheck=CHECK)
    assert ward.checked("e9", FAILED, 0.0) == (True, False)
    assert sum(ward.reading().checks.values()) == 0


def test_ejection_takes_an_endpoint_out_until_its_time_is_over() -> None:
    ward = ward_of(4, outlierDetection=DETECTION)
    assert ward.eject("e1", CAUSE, 0.0)
    assert healthy(ward) == ["e0", "e2", "e3"]
    assert ward.eject("e2", CAUSE, 0.0)
    assert not ward.eject("e3", CAUSE, 0.0)
    assert (ward.reading().ejections[CAUSE], ward.reading().refused) == (2, 1)
    assert not ward.take_back_due(29.9)
    assert ward.take_back_due(30.0)
    assert healthy(ward) == ["e0", "e1", "e2", "e3"]


def test_last_one_that_checks_and_operators_leave_is_not_ejected() -> None:
    hand = ByHand()
    ward = ward_of(4, hand, healthCheck=CHECK, outlierDetection={**DETECTION, "maxEjectionPercent": 100})
    for number in (0, 1, 2):
        check(ward, f"e{number}", passed=True)
    check(ward, "e3", passed=False, times=2)
    hand.put(Setting("shop/orders", "e2", Action.DRAIN, 0.0, 100.0))
    hand.put(Setting("shop/orders", "e1", Action.EJECT, 0.0, 100.0))
    assert not ward.eject("e0", CAUSE, 0.0)
    hand.remove("shop/orders", "e1", Action.EJECT)
    assert ward.eject("e0", CAUSE, 0.0)


def test_good_checks_after_the_ejection_bring_an_endpoint_back() -> None:
    ward = ward_of(4, healthCheck=CHECK, outlierDetection=DETECTION)
    for number in range(4):
        check(ward, f"e{number}", passed=True, times=5)
    ward.eject("e1", CAUSE, 0.0)
    check(ward, "e1", passed=True)
    check(ward, "e1", passed=False)
    check(ward, "e1", passed=True)
    assert "e1" not in healthy(ward), "in a row, and since the ejection"
    check(ward, "e1", passed=True)
    assert "e1" in healthy(ward)
    stays = ward_of(4, healthCheck=CHECK, outlierDetection={**DETECTION, "returnByHealthCheck": False})
    for number in range(4):
        check(stays, f"e{number}", passed=True)
    stays.eject("e1", CAUSE, 0.0)
    check(stays, "e1", passed=True, times=9)
    assert "e1" not in healthy(stays)


def test_rates_eject_as_many_as_the_share_permits() -> None:
    ward = ward_of(4, outlierDetection={**DETECTION, "failurePercent": 50})
    seen = {"e0": (100, 60), "e1": (100, 90), "e2": (100, 100), "e3": (100, 0)}
    assert ward.analyse(seen, 0.0)
    assert healthy(ward) == ["e0", "e3"]
    assert not ward.analyse(seen, 0.0)


def test_ejections_end_with_the_detection_and_follow_its_bounds() -> None:
    ward = ward_of(4, outlierDetection=DETECTION)
    ward.eject("e1", CAUSE, 0.0)
    ward.set_outliers(
        plan(policy={"outlierDetection": {**DETECTION, "baseEjectionTime": "1s"}}).policy.outlier_detection
    )
    assert "e1" not in healthy(ward)
    ward.eject("e2", CAUSE, 0.0)
    assert ward.take_back_due(1.0)
    assert healthy(ward) == ["e0", "e2", "e3"]
    ward.set_outliers(None)
    assert healthy(ward) == ["e0", "e1", "e2", "e3"]
    assert not ward.eject("e1", CAUSE, 0.0)


def test_panic_counts_only_those_that_take_requests() -> None:
    well, sick = endpoint(1), Endpoint("s", "127.0.0.1", 1, healthy=False)
    drained = endpoint(2, serving=False)
    weightless = endpoint(3, weight=0)
    view = endpoint_set([well, sick, drained, weightless])
    assert not panics(view, 50)
    assert panics(view, 51)
    assert panics(endpoint_set([sick]), 1)
    assert not panics(endpoint_set([sick]), 0)
    assert not panics(endpoint_set([]), 50)
    assert ward_of(1).reading().panicking is False
