"""The window that retries are counted in, against a list of all that happened."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policies.retrying.budget import WINDOW_S, TryWindow

EVENTS = st.lists(
    st.tuples(st.floats(0.0, 4.0), st.sampled_from(["first", "again", "elsewhere"])), min_size=1, max_size=80
)


@given(EVENTS, st.floats(0.0, 100.0), st.integers(0, 4))
def test_it_grants_what_a_list_of_everything_would(
    events: list[tuple[float, str]], percent: float, per_second: int
) -> None:
    window, now_s = TryWindow(), 1000.0
    firsts: list[int] = []
    furthers: list[int] = []
    for wait_s, event in events:
        now_s += wait_s
        second = int(now_s)
        recent = [at for at in furthers if at > second - WINDOW_S]
        share = percent * sum(at > second - WINDOW_S for at in firsts)
        granted = (len(recent) + 1) * 100.0 <= share or recent.count(second) + 1 <= per_second
        assert window.has_room(now_s, percent, per_second) == granted
        if event == "first":
            firsts.append(second)
            window.begun(now_s)
        elif event == "elsewhere" or granted:
            furthers.append(second)
            window.repeated(now_s)


@given(st.integers(1, 500), st.floats(1.0, 100.0))
def test_when_all_fails_further_tries_stay_within_their_share(requests: int, percent: float) -> None:
    window, further = TryWindow(), 0
    for number in range(requests):
        now_s = 50.0 + number / 100
        window.begun(now_s)
        if window.has_room(now_s, percent, 0.0):
            window.repeated(now_s)
            further += 1
    assert further * 100.0 <= requests * percent
    assert further >= int(requests * percent / 100.0) - 1


def test_the_floor_is_for_each_second() -> None:
    window = TryWindow()
    for _ in range(3):
        assert window.has_room(7.2, 0.0, 3.0)
        window.repeated(7.2)
    assert not window.has_room(7.9, 0.0, 3.0)
    assert window.has_room(8.0, 0.0, 3.0)


def test_a_long_silence_forgets_all() -> None:
    window = TryWindow()
    for _ in range(100):
        window.begun(1.0)
    assert window.has_room(1.0, 20.0, 0.0)
    assert not window.has_room(1e6, 20.0, 0.0)
