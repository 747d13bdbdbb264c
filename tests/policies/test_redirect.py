"""Where redirects lead: scheme, host, port and path by the rules of the CRD."""

from __future__ import annotations

import pytest

from config.snapshot import PathReplacement
from config.snapshot import Redirect as RedirectFilter
from policies.redirect import Redirect, host_of


def location(filter_: RedirectFilter, *, authority: bytes = b"a.example:8080", port: int = 8080) -> bytes:
    return Redirect(filter_).location(b"http", authority, port, b"/foo/bar", b"q=1", b"/foo")[1]


def test_what_is_not_set_stays_as_it_was() -> None:
    assert location(RedirectFilter(None, None, None, None, 302)) == b"http://a.example:8080/foo/bar?q=1"


def test_status_is_the_one_that_is_set() -> None:
    assert Redirect(RedirectFilter(None, None, None, None, 301)).location(b"http", b"a", 80, b"/", b"", b"/")[0] == 301


@pytest.mark.parametrize(
    ("scheme", "port", "listener", "expected"),
    [
        ("https", None, 8080, b"https://a.example/foo/bar?q=1"),
        ("http", None, 8080, b"http://a.example/foo/bar?q=1"),
        (None, None, 80, b"http://a.example/foo/bar?q=1"),
        (None, 443, 8080, b"http://a.example:443/foo/bar?q=1"),
        ("https", 443, 8080, b"https://a.example/foo/bar?q=1"),
        ("https", 8443, 8080, b"https://a.example:8443/foo/bar?q=1"),
        (None, 80, 8080, b"http://a.example/foo/bar?q=1"),
    ],
)
def test_port_follows_the_scheme_or_the_listener(
    scheme: str | None, port: int | None, listener: int, expected: bytes
) -> None:
    assert location(RedirectFilter(scheme, None, None, port, 302), port=listener) == expected


def test_host_and_prefix_are_replaced() -> None:
    filter_ = RedirectFilter(None, "b.example", PathReplacement("ReplacePrefixMatch", "/new"), 80, 302)
    assert location(filter_) == b"http://b.example/new/bar?q=1"


@pytest.mark.parametrize(
    ("authority", "host"),
    [(b"a:80", b"a"), (b"a", b"a"), (b"a:", b"a"), (b"[::1]:80", b"[::1]"), (b"[::1]", b"[::1]"), (b"", b"")],
)
def test_host_of_an_authority(authority: bytes, host: bytes) -> None:
    assert host_of(authority) == host
