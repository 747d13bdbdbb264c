"""The headers of a request that the access log shows."""

from __future__ import annotations

from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject


class LogHeaders(Step):
    """Notes the names, in lower case."""

    __slots__ = ("_names",)
    name = "logHeaders"

    def __init__(self, names: tuple[bytes, ...]) -> None:
        self._names = names

    def decide(self, subject: Subject) -> None:
        subject.log_headers = self._names


def compile_log_headers(names: tuple[str, ...], _: Environment) -> LogHeaders | None:
    """Shows headers of the request in the access log."""
    return LogHeaders(tuple(dict.fromkeys(name.lower().encode("ascii") for name in names))) if names else None
