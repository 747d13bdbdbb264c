"""URL rewrites, by the table of the CRD."""

from __future__ import annotations

import pytest

from config.snapshot import PathReplacement
from config.snapshot import Rewrite as RewriteFilter
from policies.rewrite import Rewrite, replace_path


@pytest.mark.parametrize(
    ("path", "prefix", "replacement", "modified"),
    [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"),
        ("/foo", "/foo", "", "/"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
        ("/foo/bar", "/", "/xyz", "/xyz/foo/bar"),
    ],
)
def test_prefix_is_replaced_as_the_table_of_the_crd_says(
    path: str, prefix: str, replacement: str, modified: str
) -> None:
    change = PathReplacement("ReplacePrefixMatch", replacement)
    assert replace_path(path.encode(), prefix.encode(), change) == modified.encode()


def test_full_path_is_replaced_and_the_query_stays() -> None:
    rewrite = Rewrite.of(RewriteFilter(None, PathReplacement("ReplaceFullPath", "/new")))
    assert rewrite.apply(b"/old", b"a=1", b"/") == (b"/new?a=1", b"")


def test_hostname_alone_leaves_the_target() -> None:
    assert Rewrite.of(RewriteFilter("inner.example", None)).apply(b"/x", b"", b"/") == (b"/x", b"inner.example")
