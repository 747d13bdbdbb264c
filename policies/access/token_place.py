"""Where a request carries a token or a key: found there, and taken out before the request goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes

from config.resources.access import TokenPlace
from policies.subject import Subject

_COOKIE = b"cookie"
_BLANKS = b" \t"


class Place:
    """A header, a cookie or a query parameter that may hold a token, with the text that stands before it there."""

    __slots__ = ("_cookie", "_header", "_parameter", "_prefix")

    def __init__(self, spec: TokenPlace) -> None:
        self._header = spec.header.lower().encode("ascii") if spec.header else b""
        self._cookie = spec.cookie.encode("ascii") if spec.cookie else b""
        self._parameter = spec.query.encode("utf-8") if spec.query else b""
        self._prefix = spec.prefix.encode("utf-8").lower()

    def find(self, subject: Subject) -> list[bytes]:
        """The tokens there, without prefix and blanks; what has not the prefix is something else's.

        The prefix is compared without case, as it is the name of a scheme as a rule (RFC 9110 11.1).
        """
        values: Iterator[bytes]
        if self._header:
            values = iter(subject.head.get_all(self._header))
        elif self._cookie:
            values = (value for name, value in _cookies(subject.head.get_all(_COOKIE)) if name == self._cookie)
        else:
            values = (value for name, value in _parameters(subject.head.query) if name == self._parameter)
        length = len(self._prefix)
        return [
            token
            for value in values
            if value[:length].lower() == self._prefix and (token := value[length:].strip(_BLANKS))
        ]

    def strip(self, subject: Subject) -> None:
        """Keep what `find` found from the backend, other cookies go on; does no more when called again.

        The target of a request is not the subject's to change: a query parameter goes on as it came.
        """
        if self._header:
            subject.request_drop.add(self._header)
        elif self._cookie:
            _strip_cookie(subject, self._cookie)


def _cookies(lines: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Names and values of the pairs in Cookie fields (RFC 6265 4.2.1)."""
    for line in lines:
        for pair in line.split(b";"):
            name, equals, value = pair.partition(b"=")
            if equals:
                yield name.strip(_BLANKS), value.strip(_BLANKS)


def _strip_cookie(subject: Subject, name: bytes) -> None:
    lines: Sequence[bytes] = subject.head.get_all(_COOKIE)
    if _COOKIE in subject.request_drop:
        # Another step has taken out one of its own before.
        lines = [line[len(_COOKIE) + 1 :] for line in subject.request_lines if _is_cookie(line)]
        subject.request_lines[:] = [line for line in subject.request_lines if not _is_cookie(line)]
    rest = b"; ".join(
        pair.strip(b" \t\r\n")
        for line in lines
        for pair in line.split(b";")
        if pair.partition(b"=")[0].strip(_BLANKS) != name
    )
    subject.request_drop.add(_COOKIE)
    if rest:
        subject.request_lines.append(b"cookie: %b\r\n" % rest)


def _is_cookie(line: bytes) -> bool:
    return line[: len(_COOKIE) + 1].lower() == b"cookie:"


def _parameters(query: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and values of a query, decoded as a form's (WHATWG URL 5.1)."""
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        yield _decoded(name), _decoded(value)


def _decoded(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" ")) if b"%" in text or b"+" in text else text
