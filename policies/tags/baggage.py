"""The header `baggage` of W3C Baggage, read and written: how tags travel from one service to the next.

    baggage: weir.lane=canary,user=alice;ttl=30

A list of members `key=value`, each with properties behind semicolons. Keys are tokens, values octets that are neither
white space nor `"`, `,`, `;` or a backslash; all others are UTF-8, percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

HEADER = b"baggage"
PREFIX = b"weir."
"""Of the keys of tags, where no policy says otherwise."""
MAX_BYTES = 8192
MAX_MEMBERS = 64
"""The limits up to which every platform must pass members on (W3C Baggage, Limits). More is refused, as reading it
would cost every hop the more."""

TEXTS_KEPT = 1024
"""Tags whose member is remembered: most requests have the same few, and encoding takes a microsecond."""

READINGS_KEPT = 128
"""Baggage that is remembered as read: each is looked at twice, to believe it and to pass it on."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_VALUE = rb"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*+"
_SPACE = rb"[ \t]*+"
# Possessive but for the groups, whose possessive forms Python 3.11.2 gets wrong (gh-106052): no octet that ends a part
# can begin another, so that a member is read once, from left to right, whatever a client writes.
_MEMBER = re.compile(
    rb"%b(?P<key>%b)%b=%b(?P<value>%b)%b(?:;%b%b%b(?:=%b%b%b)?)*"
    % (_SPACE, _TOKEN, _SPACE, _SPACE, _VALUE, _SPACE, _SPACE, _TOKEN, _SPACE, _SPACE, _VALUE, _SPACE)
)
_BARE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_UNENCODED = "!#$&'()*+-./:<=>?@[]^_`{|}~"
"""What a value holds as it is, beside letters and digits."""


class BaggageRefused(ValueError):
    """It is no baggage, or too much of it; `status` is the answer to whoever sent it."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class Member(NamedTuple):
    """One member: `value` is percent-encoded still, `text` the whole with its properties, as it came."""

    key: bytes
    value: bytes
    text: bytes


def read(fields: Sequence[bytes]) -> tuple[Member, ...]:
    """The members of all `fields` of one message, in order; a field that is empty has none.

    Raises:
        BaggageRefused: 431 past a limit, 400 for what is no baggage.
    """
    return _read(tuple(fields))


@lru_cache(maxsize=READINGS_KEPT)
def _read(fields: tuple[bytes, ...]) -> tuple[Member, ...]:
    size = sum(len(field) for field in fields) + len(fields) - 1
    if size > MAX_BYTES:
        raise BaggageRefused(f"baggage of {size} octets, more than {MAX_BYTES}", 431)
    parts = [part for field in fields if field.strip(b" \t") for part in field.split(b",")]
    if len(parts) > MAX_MEMBERS:
        raise BaggageRefused(f"baggage of {len(parts)} members, more than {MAX_MEMBERS}", 431)
    return tuple([_member(part, number) for number, part in enumerate(parts, 1)])


def write(pairs: Iterable[tuple[bytes, str]], others: Iterable[Member]) -> tuple[bytes, int]:
    """The header with `pairs` of key and value and then `others` as they came, and how many had no room in the limits.

    Who has no room is left out whole, as W3C Baggage demands; what comes first is left out last.
    """
    texts = [_text(key, value) for key, value in pairs]
    texts += [other.text for other in others]
    header = b",".join(texts)
    if len(texts) <= MAX_MEMBERS and len(header) <= MAX_BYTES:
        return header, 0
    kept: list[bytes] = []
    size = -1
    for text in texts:
        if len(kept) < MAX_MEMBERS and size + 1 + len(text) <= MAX_BYTES:
            kept.append(text)
            size += 1 + len(text)
    return b",".join(kept), len(texts) - len(kept)


def encoded(value: str) -> bytes:
    """`value` as a member has it."""
    return quote(value, safe=_UNENCODED).encode("ascii")


def decoded(value: bytes) -> str:
    """What `value` of a member stands for; octets that are no UTF-8 become U+FFFD (W3C Baggage, value)."""
    return unquote_to_bytes(value).decode("utf-8", "replace")


def tags_of(members: Iterable[Member], prefix: bytes) -> Mapping[str, str]:
    """The tags among `members`, without `prefix` before their names.

    Raises:
        BaggageRefused: one of them is no tag, or is there twice.
    """
    tags: dict[str, str] = {}
    for member in members:
        if not member.key.startswith(prefix):
            continue
        name, value = member.key[len(prefix) :].decode("ascii"), decoded(member.value)
        if not is_name(name) or not is_value(value) or _BARE_PERCENT.search(member.value):
            raise BaggageRefused(f"member {member.key.decode('ascii')} of the baggage is no tag")
        if name in tags:
            raise BaggageRefused(f"tag {name} is in the baggage twice")
        tags[name] = value
    return tags


def tags_text(tags: Mapping[str, str]) -> str:
    """`tags` in one line, as a log has them: values are encoded as in `baggage`, so that it can be taken apart."""
    return ",".join([f"{name}={quote(value, safe=_UNENCODED)}" for name, value in tags.items()])


_NAME = re.compile(r"[a-zA-Z](?:[-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_VALUE_OF_TAG = re.compile(r"[^\x00-\x1f\x7f]{1,253}")


def is_name(text: str) -> bool:
    """Whether a tag may have that name: as in the configuration."""
    return _NAME.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Whether a tag may have that value: 1..253 characters, none of them a control."""
    return _VALUE_OF_TAG.fullmatch(text) is not None


@lru_cache(maxsize=TEXTS_KEPT)
def _text(key: bytes, value: str) -> bytes:
    return b"%b=%b" % (key, encoded(value))


def _member(part: bytes, number: int) -> Member:
    found = _MEMBER.fullmatch(part)
    if found is None:
        raise BaggageRefused(f"member {number} of the baggage is not key=value by W3C Baggage")
    return Member(found["key"], found["value"], part.strip(b" \t"))
