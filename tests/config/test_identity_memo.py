"""What is kept of an object lives as long as the object does."""

from __future__ import annotations

from config.identity_memo import IdentityMemo


class Thing:
    """Equal to every other, so that only identity tells them apart."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    __hash__ = None  # type: ignore[assignment]


def test_a_value_is_found_by_its_very_object() -> None:
    memo: IdentityMemo[str] = IdentityMemo()
    one, other = Thing(), Thing()
    assert memo.keep(one, "one") == "one"
    assert (memo.get(one), memo.get(other)) == ("one", None)
    memo.keep(one, "again")
    assert (memo.get(one), len(memo)) == ("again", 1)


def test_it_goes_with_the_object() -> None:
    memo: IdentityMemo[str] = IdentityMemo()
    thing = Thing()
    memo.keep(thing, "x")
    memo.keep(thing, "y")
    del thing
    assert len(memo) == 0


def test_ten_thousand_objects_that_come_and_go_leave_nothing() -> None:
    memo: IdentityMemo[int] = IdentityMemo()
    for number in range(10_000):
        thing = Thing()
        assert memo.get(thing) is None
        memo.keep(thing, number)
    del thing
    assert len(memo) == 0
