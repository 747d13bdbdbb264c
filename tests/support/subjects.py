"""Requests as policies see them, without a connection behind them; and what policies are compiled with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from gateway.hot.head import RequestHead, scan_request
from policies.environment import Condition, Environment
from policies.subject import Subject

NOW_S = 1_764_000_000.0


def request(*lines: str, method: str = "GET", target: str = "/", host: str = "shop.example") -> RequestHead:
    """A head with the header `lines`."""
    text = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", ""])
    head = scan_request(text.encode("latin-1"), 0, 65536, 100, 8192, 32)
    assert head is not None
    return head


def subject(
    *lines: str,
    method: str = "GET",
    target: str = "/",
    host: str = "shop.example",
    address: str = "192.0.2.1",
    peer: str = "",
    scheme: bytes = b"http",
    draw: Callable[[], float] = lambda: 0.5,
    now_s: float = NOW_S,
) -> Subject:
    """A request of a client at `address`, over a connection from `peer`, the same where it is left out."""
    return Subject(
        request(*lines, method=method, target=target, host=host),
        route="shop/orders/0",
        scheme=scheme,
        address=address,
        peer=peer or address,
        port=8080,
        now_s=now_s,
        draw=draw,
    )


class TagIs:
    """A condition in the place of CEL: `name=value` holds where the request has that tag."""

    def __init__(self, text: str) -> None:
        self._name, _, self._value = text.partition("=")

    def holds(self, subject: Subject) -> bool:
        return subject.tags.get(self._name) == self._value


class _NoCredentials:
    """For policies that ask for none."""

    memo_key = b""

    def _refuse(self, *_: object) -> NoReturn:
        raise AssertionError("no policy of this test asks for keys or passwords")

    keys_of_file = keys_of_url = passwords_of_file = api_keys_of_file = _refuse


def environment(condition: Callable[[str], Condition] = TagIs) -> Environment:
    """With `condition` in the place of CEL."""
    return Environment(condition, _NoCredentials(), session_key=bytes(64))
