"""What steps of access ask the gateway, as `verdict.Ask` carries it, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.access.key_set import KeySet
    from policies.access.material import Material


class RefreshKeys:
    """A token names a key that is not among `keys`, or there are none so far: look whether there are newer ones.

    Answered, by whatever, once it is known; the step then looks at them again, and does not ask twice.
    """

    __slots__ = ("keys",)

    def __init__(self, keys: Material[KeySet]) -> None:
        self.keys = keys


class CheckPassword:
    """Is `password` that of the bcrypt hash `stored`? It takes a core for up to a second. Answer: PasswordChecked."""

    __slots__ = ("password", "stored")

    def __init__(self, password: bytes, stored: bytes) -> None:
        self.password = password
        self.stored = stored


class FirstOctets:
    """How does the body begin? Answer: a BodyPrefix of at most `bound` octets, fewer where the process has less room.

    Who is asked has the request itself: the body is awaited as it comes, and goes on whole all the same.
    """

    __slots__ = ("bound",)

    def __init__(self, bound: int) -> None:
        self.bound = bound


class BodyPrefix:
    """The beginning of a body; `whole` is whether there is no more of it."""

    __slots__ = ("data", "whole")

    def __init__(self, data: bytes, *, whole: bool) -> None:
        self.data = data
        self.whole = whole


class Authorize:
    """May this request come in? The endpoint of `backend` that is asked gets `method`, `target`, `fields` and `body`.

    `fields` have no Content-Length, which is that of `body`. Answer: Authorized, or NotAuthorized where nobody answered
    within `timeout_s`.
    """

    __slots__ = ("backend", "body", "fields", "method", "target", "timeout_s")

    def __init__(
        self,
        backend: str,
        method: str,
        target: str,
        fields: Sequence[tuple[str, str]],
        timeout_s: float,
        body: bytes = b"",
    ) -> None:
        self.backend = backend
        self.method = method
        self.target = target
        self.fields = fields
        self.timeout_s = timeout_s
        self.body = body


class Authorized:
    """What the server said: its status and all fields, names in lower case."""

    __slots__ = ("fields", "status")

    def __init__(self, status: int, fields: Sequence[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.fields = fields


class NotAuthorized:
    """Why there is no answer."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class PasswordAnswer(Enum):
    """`BUSY` is for when as many are checked already as there may be."""

    RIGHT = "right"
    WRONG = "wrong"
    BUSY = "busy"


class PasswordChecked:
    """The answer to a CheckPassword, about the hash `stored`: the file may have another one by now."""

    __slots__ = ("answer", "stored")

    def __init__(self, answer: PasswordAnswer, stored: bytes) -> None:
        self.answer = answer
        self.stored = stored
