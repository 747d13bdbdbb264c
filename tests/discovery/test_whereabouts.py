"""Zone and number of a gateway, by its environment."""

from __future__ import annotations

import pytest

from discovery.whereabouts import Whereabouts, whereabouts


def test_both_are_told() -> None:
    assert whereabouts({"WEIR_ZONE": "east", "WEIR_ORDINAL": "7"}, "host") == Whereabouts("east", 7)


def test_without_a_number_the_host_gives_one_of_its_own() -> None:
    one, again, other = (whereabouts({}, host) for host in ("a", "a", "b"))
    assert one == again
    assert one.ordinal != other.ordinal
    assert one.zone == ""


@pytest.mark.parametrize("told", ["-1", "x", "1.5", "٣", "1" * 10])
def test_a_number_that_is_none_is_told_and_ignored(told: str, caplog: pytest.LogCaptureFixture) -> None:
    assert whereabouts({"WEIR_ORDINAL": told}, "a") == whereabouts({}, "a")
    assert "WEIR_ORDINAL" in caplog.text
