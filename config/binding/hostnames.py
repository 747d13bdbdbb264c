"""Hostnames of listeners and routes, and what both of them take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def covering(hostname: str) -> Iterator[str]:
    """Every hostname that takes all hosts of `hostname`: itself first, then the longest wildcard, `*` last."""
    yield hostname
    suffix = hostname.removeprefix("*.")
    while (dot := suffix.find(".")) >= 0:
        suffix = suffix[dot + 1 :]
        yield f"*.{suffix}"
    if hostname != ANY:
        yield ANY


class HostnameSet:
    """Hostnames, of which it is soon told whether another one has a host in common with any of them."""

    __slots__ = ("_above", "_names")

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._above: set[str] = set()

    def add(self, hostname: str) -> None:
        """Take it in."""
        self._names.add(hostname)
        self._above.update(covering(hostname))

    def overlaps(self, hostname: str) -> bool:
        """Whether some host is of both."""
        return hostname in self._above or not self._names.isdisjoint(covering(hostname))


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
