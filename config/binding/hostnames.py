"""Hostnames of listeners and routes, and what both of them take."""

from __future__ import annotations

from collections.abc import Sequence

ANY = "*"


def covers(pattern: str, hostname: str) -> bool:
    """Whether `pattern` takes every host that `hostname` takes.

    `*.example.com` takes any number of labels before `.example.com`, at least one (Gateway API, HTTPRoute `hostnames`).
    """
    if pattern in (ANY, hostname):
        return True
    if not pattern.startswith("*."):
        return False
    suffix = pattern[1:]
    return hostname != ANY and hostname.removeprefix("*").endswith(suffix) and hostname != suffix


def intersection(listener: str, routes: Sequence[str]) -> tuple[str, ...]:
    """What a listener's hostname (`*` for any) and a route's have in common; () where nothing is.

    A route without hostnames takes the listener's. The more specific of each pair is the one in common.
    """
    if not routes:
        return (listener,)
    common: list[str] = []
    for hostname in routes:
        if covers(listener, hostname):
            common.append(hostname)
        elif covers(hostname, listener):
            common.append(listener)
    return tuple(dict.fromkeys(common))
