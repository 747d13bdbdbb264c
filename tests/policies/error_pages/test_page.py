"""A page in the place of an endpoint's body."""

from __future__ import annotations

from policies.error_pages.page import UNSEEN_BYTES, ErrorPage, PageInstead

PAGE = ErrorPage(b"sorry", b"text/plain")


def test_page_goes_out_once_with_the_first_that_is_asked() -> None:
    for first in (lambda each: each.feed(b"x"), PageInstead.flush, PageInstead.finish):
        change = PageInstead(PAGE)
        assert change.length == 5
        assert [first(change), change.feed(b"y"), change.flush(), change.finish()] == [b"sorry", b"", b"", b""]


def test_what_nobody_sees_is_read_up_to_a_bound() -> None:
    change = PageInstead(PAGE)
    change.feed(bytes(UNSEEN_BYTES))
    assert not change.ends_early
    change.feed(b"x")
    assert change.ends_early
