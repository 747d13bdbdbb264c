"""The largest request body of a route (413 beyond it), in the place of the process's bound."""

from __future__ import annotations

from config.resources.scalars import Quantity
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject


class BodyBytes(Step):
    """Sets the bound; whoever reads the body counts. 0 is no bound."""

    __slots__ = ("_limit_bytes",)
    name = "bodyBytes"

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes

    def decide(self, subject: Subject) -> None:
        subject.body_bytes = self._limit_bytes


def compile_body_bytes(bound: Quantity, _: Environment) -> BodyBytes:
    """Bounds the body of a request."""
    return BodyBytes(bound.bytes)
