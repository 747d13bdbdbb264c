"""What header modifiers come to when they are folded."""

from __future__ import annotations

from config.snapshot import HeaderEdit
from policies.headers import fold


def test_set_replaces_and_add_joins() -> None:
    plan = fold([HeaderEdit(set=(("X-A", "1"),), add=(("x-b", "2"),))])
    assert plan.drop == {b"x-a"}
    assert plan.lines == b"X-A: 1\r\nx-b: 2\r\n"


def test_remove_takes_away_what_an_earlier_edit_put_there() -> None:
    plan = fold([HeaderEdit(set=(("X-A", "1"),), add=(("X-B", "2"),)), HeaderEdit(remove=("x-a", "x-b"))])
    assert plan.drop == {b"x-a", b"x-b"}
    assert plan.lines == b""


def test_a_later_set_wins_over_earlier_lines_of_the_name() -> None:
    plan = fold([HeaderEdit(add=(("X-A", "1"), ("X-A", "2"))), HeaderEdit(set=(("x-a", "3"),))])
    assert plan.lines == b"x-a: 3\r\n"


def test_host_is_kept_apart() -> None:
    plan = fold([HeaderEdit(set=(("Host", "inner.example"),), remove=("host",))])
    assert (plan.host, plan.drop, plan.lines) == (b"inner.example", frozenset(), b"")


def test_values_beyond_ascii_are_utf8() -> None:
    assert fold([HeaderEdit(set=(("x-city", "Köln"),))]).lines == "x-city: Köln\r\n".encode()
