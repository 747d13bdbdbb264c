"""Values of a request that a configuration names by their place: tags, keys of limits and of balancers are read so."""

from __future__ import annotations

from policies.expressions.values import Claim, Cookie, Header, Query, Tag, Value


def named_value(
    *,
    header: str | None = None,
    cookie: str | None = None,
    query: str | None = None,
    tag: str | None = None,
    claim: str | None = None,
) -> Value | None:
    """That of the one name that is not None; None where all are. Names of headers are compared without case."""
    if header is not None:
        return Header(header.lower().encode("ascii"))
    if cookie is not None:
        return Cookie(cookie)
    if query is not None:
        return Query(query)
    if tag is not None:
        return Tag(tag)
    return None if claim is None else Claim(claim)
