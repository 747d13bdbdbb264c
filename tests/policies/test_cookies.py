"""A cookie that Weir gives: who may read it, for how long it is kept, and where it is sent."""

from __future__ import annotations

import pytest

from policies.cookies import give_cookie
from tests.support.subjects import subject


@pytest.mark.parametrize(
    ("max_age_s", "attribute"),
    [(None, ""), (3600.0, "; Max-Age=3600"), (1.9, "; Max-Age=1"), (0.25, "; Max-Age=1"), (0.0, "; Max-Age=1")],
)
def test_it_lives_whole_seconds_or_as_long_as_the_browser(max_age_s: float | None, attribute: str) -> None:
    asking = subject()
    give_cookie(asking, "uid", "a1", "/shop", max_age_s)
    line = f"set-cookie: uid=a1; Path=/shop; HttpOnly; SameSite=Lax{attribute}\r\n"
    assert asking.response_lines == [line.encode()]


def test_one_that_was_given_over_tls_travels_over_tls_alone() -> None:
    asking = subject(scheme=b"https")
    give_cookie(asking, "uid", "a1", "/", None)
    assert asking.response_lines == [b"set-cookie: uid=a1; Path=/; HttpOnly; SameSite=Lax; Secure\r\n"]
