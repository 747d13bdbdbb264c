"""The rolling window against a list of all outcomes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policies.circuit_breaking.window import PARTS, OutcomeWindow


@given(st.lists(st.tuples(st.floats(0.0, 15.0), st.booleans()), max_size=60), st.sampled_from([1.0, 10.0, 60.0]))
def test_it_holds_what_the_last_parts_of_the_window_gave(outcomes: list[tuple[float, bool]], window_s: float) -> None:
    window, now_s, all_of_them = OutcomeWindow(window_s), 500.0, []
    for wait_s, failed in outcomes:
        now_s += wait_s
        window.add(now_s, failed=failed)
        part = int(now_s / (window_s / PARTS))
        all_of_them.append((part, failed))
        recent = [bad for at, bad in all_of_them if at > part - PARTS]
        assert (window.total, window.failures) == (len(recent), sum(recent))


def test_it_forgets_all_when_it_is_told_to() -> None:
    window = OutcomeWindow(10.0)
    window.add(1.0, failed=True)
    window.clear()
    assert (window.total, window.failures) == (0, 0)
