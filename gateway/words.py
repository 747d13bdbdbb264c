"""Matches and filters of the snapshot in words, as operators write them."""

from __future__ import annotations

from config.snapshot import (
    CORS,
    ExternalAuth,
    Filter,
    HeaderEdit,
    Match,
    Mirror,
    PathReplacement,
    Redirect,
    RequestHeaders,
    ResponseHeaders,
    Rewrite,
    Unsupported,
    ValueMatch,
)


def match_words(match: Match) -> str:
    """`GET PathPrefix /orders, header x-a: 1, query q=1`."""
    parts = [f"{match.method + ' ' if match.method else ''}{match.path.kind} {match.path.value}"]
    parts += [f"header {wanted.name}: {_value(wanted)}" for wanted in match.headers]
    parts += [f"query {wanted.name}={_value(wanted)}" for wanted in match.query]
    return ", ".join(parts)


def filter_words(filter_: Filter) -> str:
    """The filter by its name in Gateway API, and what it does."""
    if isinstance(filter_, RequestHeaders):
        return f"RequestHeaderModifier: {_edit(filter_.edit)}"
    if isinstance(filter_, ResponseHeaders):
        return f"ResponseHeaderModifier: {_edit(filter_.edit)}"
    if isinstance(filter_, Redirect):
        parts = {"scheme": filter_.scheme, "hostname": filter_.hostname, "port": filter_.port}
        given = [f"{name} {value}" for name, value in parts.items() if value is not None]
        return ", ".join([f"RequestRedirect: status {filter_.status}", *given, *_path(filter_.path)])
    if isinstance(filter_, Rewrite):
        host = [f"hostname {filter_.hostname}"] if filter_.hostname else []
        return f"URLRewrite: {', '.join([*host, *_path(filter_.path)])}"
    if isinstance(filter_, Mirror):
        target = filter_.backend or "a backend that does not resolve"
        return f"RequestMirror: {filter_.numerator} of {filter_.denominator} to {target}"
    if isinstance(filter_, CORS):
        return f"CORS: {_cors(filter_)}"
    if isinstance(filter_, ExternalAuth):
        body = f", with bodies of up to {filter_.body_bytes} bytes" if filter_.body_bytes else ""
        path = f" under {filter_.path}" if filter_.path else ""
        return f"ExternalAuth: asks {filter_.backend or 'a backend that does not resolve'}{path}{body}"
    assert isinstance(filter_, Unsupported)
    return f"{filter_.type} {filter_.why}, so the answer is 500"


def _cors(filter_: CORS) -> str:
    lists = {"methods": filter_.methods, "headers": filter_.headers, "exposed": filter_.exposed}
    parts = [f"origins {' '.join(filter_.origins) or 'none'}"]
    parts += [f"{name} {' '.join(items)}" for name, items in lists.items() if items]
    return ", ".join([*parts, *(["credentials"] if filter_.credentials else []), f"max age {filter_.max_age_s} s"])


def _value(wanted: ValueMatch) -> str:
    return f"~ {wanted.value}" if wanted.kind == "RegularExpression" else wanted.value


def _edit(edit: HeaderEdit) -> str:
    parts = [f"set {name}: {value}" for name, value in edit.set]
    parts += [f"add {name}: {value}" for name, value in edit.add]
    parts += [f"remove {name}" for name in edit.remove]
    return ", ".join(parts)


def _path(path: PathReplacement | None) -> list[str]:
    if path is None:
        return []
    return [f"{'path' if path.kind == 'ReplaceFullPath' else 'prefix'} {path.value or '/'}"]
