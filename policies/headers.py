"""Header modifiers folded into one edit: names that are dropped, and whole lines that are put in their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from config.snapshot import HeaderEdit


@dataclass(frozen=True, slots=True)
class HeaderPlan:
    """`drop` (lower-case names) leave the head, `lines` (each with CRLF) join it; `host` is the one that was set."""

    drop: frozenset[bytes]
    lines: bytes
    host: bytes = b""


def fold(edits: Iterable[HeaderEdit]) -> HeaderPlan:
    """One plan with the effect of `edits` in turn: in each, `set`, then `add`, then `remove`.

    `add` beside a field of that name is a further line, which means the same as a value appended to it (RFC 9110 5.3).
    `Host` is kept apart: a message has exactly one, and who renders the head knows where it goes.
    """
    drop: set[bytes] = set()
    added: list[tuple[bytes, bytes]] = []
    host = b""
    for edit in edits:
        for name, value in edit.set:
            lower = name.lower().encode("ascii")
            if lower == b"host":
                host = value.encode("ascii")
                continue
            drop.add(lower)
            added = [entry for entry in added if entry[0] != lower]
            added.append((lower, _line(name, value)))
        for name, value in edit.add:
            lower = name.lower().encode("ascii")
            if lower == b"host":
                host = value.encode("ascii")
                continue
            added.append((lower, _line(name, value)))
        for name in edit.remove:
            lower = name.encode("ascii")
            drop.add(lower)
            added = [entry for entry in added if entry[0] != lower]
    return HeaderPlan(frozenset(drop - {b"host"}), b"".join(line for _, line in added), host)


def _line(name: str, value: str) -> bytes:
    return b"%b: %b\r\n" % (name.encode("ascii"), value.encode("utf-8"))
