"""What policies are compiled with, beside their own configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from config.snapshot import PolicySecret, WeightedBackend
from policies.access.credentials import Credentials
from policies.rate_limit.counters import Counters, FreshCounters
from policies.subject import Subject


class Condition(Protocol):
    """A compiled `when`."""

    def holds(self, subject: Subject, /) -> bool:
        """Whether it is true of the request; an expression that ends in an error does not hold."""


@dataclass(frozen=True, slots=True)
class Environment:
    """`condition` compiles a CEL expression that was checked at load; `credentials` are those of the process.

    `secrets`, `steering` and `authorizer` are those of the policy that is compiled: by the field that refers to a
    Secret, by the names of steering rules, and the backend of `access.external`. `session_key` enciphers what clients
    keep of their sessions, 64 octets that all workers of a node share. `policy` is the name of the TrafficPolicy that
    is compiled, `namespace/name`; `counters` are what its limits are counted with.
    """

    condition: Callable[[str], Condition]
    credentials: Credentials
    secrets: Mapping[str, PolicySecret] = field(default_factory=dict)
    steering: Mapping[str, WeightedBackend] = field(default_factory=dict)
    authorizer: WeightedBackend | None = None
    session_key: bytes = b""
    policy: str = ""
    counters: Counters = field(default_factory=FreshCounters)
