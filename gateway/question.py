"""A request as somebody writes it down (`GET http://host/path`), and the bytes that a client would send for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

WELL_KNOWN_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.IGNORECASE | re.DOTALL)


class BadQuestion(ValueError):
    """What was written cannot be a request at all, whatever the gateway has."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request. `port` is None where the URL names none; `headers` are whole lines, as they are sent.

    `authority` is what Host says where no header line does, and `target` what stands in the request line. `now_s` is
    the unix time at which it arrives, None for now; `draw` what random draws give, in [0, 1), None for numbers that are
    the same each time it is asked.
    """

    method: str
    scheme: str
    authority: str
    port: int | None
    target: str
    headers: tuple[str, ...] = ()
    source: str = ""
    now_s: float | None = None
    draw: float | None = None

    @classmethod
    def of(cls, method: str, url: str, headers: Sequence[str] = (), source: str = "") -> Self:
        """`url` is a whole one, or a path where a header line has the host. Raises BadQuestion."""
        for line in headers:
            if ":" not in line:
                raise BadQuestion(f"the header {line!r} has no colon: write it as Name: value")
        host = next((value.strip() for name, _, value in _pairs(headers) if name.strip().lower() == "host"), "")
        match = _URL.fullmatch(url.partition("#")[0])
        if match is None:
            if not url.startswith(("/", "*")):
                raise BadQuestion(f"{url!r} is no URL: write http://host/path, or /path with a Host header")
            if not host:
                raise BadQuestion(f"{url!r} has no host: write http://host{url}, or give a Host header")
            scheme, authority, target = "http", host, url.partition("#")[0]
        else:
            scheme, authority, target = match["scheme"].lower(), match["authority"], match["target"]
            if not authority or "@" in authority:
                raise BadQuestion(f"{url!r} has no host" if not authority else "leave user and password out of the URL")
            if not target.startswith("/"):
                target = f"/{target}"
        if method == "CONNECT":
            target = authority
        return cls(method, scheme, authority, port_of(authority), target, tuple(headers), source)

    @property
    def url(self) -> str:
        """The request as one line says it best."""
        target = "" if self.method == "CONNECT" else self.target
        return f"{self.scheme}://{self.authority}{target}"

    def render(self) -> bytes:
        """The head as a client sends it: the gateway's own scanner is to judge it, so that nothing is mended here."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        if not any(name.strip().lower() == "host" for name, _, _ in _pairs(self.headers)):
            lines.append(f"Host: {self.authority}")
        return "".join(f"{line}\r\n" for line in (*lines, *self.headers, "")).encode("utf-8", "surrogateescape")


def port_of(authority: str) -> int | None:
    """The port in an authority, None without one. Raises BadQuestion for one that is no port."""
    try:
        return urlsplit(f"//{authority}").port
    except ValueError as error:
        raise BadQuestion(f"{authority!r} is no host and port: {error}") from error


def _pairs(headers: Sequence[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in headers]
