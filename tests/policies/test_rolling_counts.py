"""The rolling window against a list of all events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policies.rolling_counts import PARTS, RollingCounts

EVENTS = st.lists(st.tuples(st.floats(0.0, 8.0), st.integers(0, 1)), max_size=60)


@given(EVENTS, st.sampled_from([0.1, 1.0, 6.0]))
def test_it_holds_what_the_last_parts_gave(events: list[tuple[float, int]], part_s: float) -> None:
    counts, now_s, happened = RollingCounts(part_s), 1000.0, []
    for wait_s, kind in events:
        now_s += wait_s
        part = int(now_s / part_s)
        happened.append((part, kind))
        counts.add(kind, now_s)
        for each in (0, 1):
            assert counts.present(each, now_s) == happened.count((part, each))
            assert counts.totals[each] == sum(at > part - PARTS and of == each for at, of in happened)


def test_it_forgets_all_when_it_is_told_to() -> None:
    counts = RollingCounts(1.0)
    counts.add(1, 7.0)
    counts.clear()
    assert counts.totals == [0, 0]
    assert counts.present(1, 7.0) == 0
