"""URL rewrite: what an endpoint is asked for in place of what the client asked (Gateway API HTTPURLRewriteFilter)."""

from __future__ import annotations

from config.snapshot import PathReplacement
from config.snapshot import Rewrite as RewriteFilter


def replace_path(path: bytes, matched: bytes, replacement: PathReplacement) -> bytes:
    """`path` with all of it, or the prefix `matched`, replaced, by the table at HTTPPathModifier `replacePrefixMatch`.

    A slash at the end of the prefix does not count, nor one at the end of a replacement that something follows.
    """
    value = replacement.value.encode("utf-8")
    if replacement.kind == "ReplaceFullPath":
        return value or b"/"
    prefix = matched.rstrip(b"/")
    rest = path[len(prefix) :]
    if not rest:
        return value or b"/"
    return value.rstrip(b"/") + rest


class Rewrite:
    """A URLRewrite filter, or a Host that a header filter sets."""

    __slots__ = ("host", "path")

    def __init__(self, host: bytes, path: PathReplacement | None) -> None:
        self.host = host
        self.path = path

    @classmethod
    def of(cls, filter_: RewriteFilter) -> Rewrite:
        """The filter compiled."""
        return cls((filter_.hostname or "").encode("ascii"), filter_.path)

    def apply(self, path: bytes, query: bytes, matched: bytes) -> tuple[bytes, bytes]:
        """The request target, and the host ("" keeps the client's), for a request whose route matched `matched`."""
        if self.path is not None:
            path = replace_path(path, matched, self.path)
        return (path + b"?" + query if query else path), self.host
