"""Which time bounds hold for a route."""

from __future__ import annotations

import pytest

from config.snapshot import RouteTimeouts
from policies.timeouts import Timeouts, timeouts_of


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (RouteTimeouts(), Timeouts(10.0, 5.0)),
        (RouteTimeouts(2.0, 1.0), Timeouts(2.0, 1.0)),
        (RouteTimeouts(0.0, None), Timeouts(0.0, 5.0)),
        (RouteTimeouts(None, 0.0), Timeouts(10.0, 0.0)),
        (RouteTimeouts(3.0, None), Timeouts(3.0, 3.0)),
    ],
)
def test_route_goes_before_process_and_zero_is_off(route: RouteTimeouts, expected: Timeouts) -> None:
    assert timeouts_of(route, request_s=10.0, backend_request_s=5.0) == expected
