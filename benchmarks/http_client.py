"""Requests one at a time, with the whole answer looked at: for checks, readiness and tracing a change."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class Client:
    """One keep-alive connection to 127.0.0.1."""

    def __init__(self, port: int, host: str) -> None:
        """`host` is the Host header of every request."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._host = host

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer of one GET. Raises OSError, http.client.HTTPException."""
        self._connection.request("GET", path, headers={"Host": self._host, **(headers or {})})
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.read())

    def close(self) -> None:
        """Close the connection; the next `get` would open a new one."""
        self._connection.close()


def answers(port: int, path: str, *, host: str = "localhost", status: int = 200) -> bool:
    """Whether a GET on a new connection is answered with that status."""
    client = Client(port, host)
    try:
        return client.get(path).status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
