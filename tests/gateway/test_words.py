"""Tests of matches and filters in words."""

from __future__ import annotations

from typing import get_args

import pytest

from config.snapshot import (
    CORS,
    ExternalAuth,
    Filter,
    HeaderEdit,
    Match,
    Mirror,
    PathMatch,
    PathReplacement,
    Redirect,
    RequestHeaders,
    ResponseHeaders,
    Rewrite,
    Unsupported,
    ValueMatch,
)
from gateway.words import filter_words, match_words

EDIT = HeaderEdit(set=(("x-a", "1"),), add=(("x-b", "2"),), remove=("x-c",))
WORDS: list[tuple[Filter, str]] = [
    (RequestHeaders(EDIT), "RequestHeaderModifier: set x-a: 1, add x-b: 2, remove x-c"),
    (ResponseHeaders(EDIT), "ResponseHeaderModifier: set x-a: 1, add x-b: 2, remove x-c"),
    (
        Redirect("https", "b.example", PathReplacement("ReplaceFullPath", "/n"), 8443, 302),
        "RequestRedirect: status 302, scheme https, hostname b.example, port 8443, path /n",
    ),
    (Redirect(None, None, None, None, 301), "RequestRedirect: status 301"),
    (Rewrite("b.example", PathReplacement("ReplacePrefixMatch", "")), "URLRewrite: hostname b.example, prefix /"),
    (Mirror("shop/shadow", 1, 10), "RequestMirror: 1 of 10 to shop/shadow"),
    (CORS(("*",)), "CORS: origins *, max age 5 s"),
    (
        CORS(("http://a.b", "http://c.d"), ("PUT",), ("x-a",), ("etag",), credentials=True, max_age_s=9),
        "CORS: origins http://a.b http://c.d, methods PUT, headers x-a, exposed etag, credentials, max age 9 s",
    ),
    (Mirror(None, 1, 1), "RequestMirror: 1 of 1 to a backend that does not resolve"),
    (ExternalAuth("shop/asked"), "ExternalAuth: asks shop/asked"),
    (
        ExternalAuth(None, "/check", body_bytes=5),
        "ExternalAuth: asks a backend that does not resolve under /check, with bodies of up to 5 bytes",
    ),
    (Unsupported("ExtensionRef"), "ExtensionRef is not carried out by this version, so the answer is 500"),
]


@pytest.mark.parametrize(("filter_", "words"), WORDS)
def test_says_what_a_filter_does(filter_: Filter, words: str) -> None:
    assert filter_words(filter_) == words


def test_there_are_words_for_every_filter() -> None:
    assert {type(filter_) for filter_, _ in WORDS} == set(get_args(Filter))


def test_says_all_parts_of_a_match() -> None:
    match = Match(
        PathMatch("PathPrefix", "/orders"),
        headers=(ValueMatch("x-a", "Exact", "1"), ValueMatch("x-b", "RegularExpression", "v[12]")),
        query=(ValueMatch("q", "Exact", "2"),),
        method="GET",
    )
    assert match_words(match) == "GET PathPrefix /orders, header x-a: 1, header x-b: ~ v[12], query q=2"
    assert match_words(Match(PathMatch("Exact", "/"))) == "Exact /"
