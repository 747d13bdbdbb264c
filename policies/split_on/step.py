"""The key by which the weights of a rule's backendRefs draw the same for a client each time."""

from __future__ import annotations

from config.resources.backend_policy import HashKey
from policies.environment import Environment
from policies.hash_key import RequestKey
from policies.step import Step
from policies.subject import Subject


class SplitOn(Step):
    """Notes the key; a request that has none is part of the exact split."""

    __slots__ = ("_key",)
    name = "splitOn"

    def __init__(self, key: RequestKey) -> None:
        self._key = key

    def decide(self, subject: Subject) -> None:
        subject.split_key = self._key.read(subject)


def compile_split_on(keys: tuple[HashKey, ...], _: Environment) -> SplitOn | None:
    """Keeps a client on the backendRef that its key drew."""
    return SplitOn(RequestKey(keys)) if keys else None
