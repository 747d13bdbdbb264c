"""A policy as the registry lists it: the field of TrafficPolicy that it carries out, and how that becomes a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from config.resources.traffic_policy import TrafficPolicySpec
from policies.environment import Environment
from policies.step import Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy(Generic[T]):
    """`name` labels logs and metrics; `field` is the attribute of TrafficPolicySpec whose value `compile` is given.

    Policies may share a field. `compile` gives None where the value asks for nothing that this policy does.
    """

    name: str
    field: str
    compile: Callable[[T, Environment], Step | None]

    def is_set(self, spec: TrafficPolicySpec) -> bool:
        """Whether `spec` says something of the field: a default does not, so that it hides no policy further away."""
        return self.field in spec.model_fields_set and getattr(spec, self.field) is not None

    def step(self, spec: TrafficPolicySpec, environment: Environment) -> Step | None:
        """The field of `spec` compiled."""
        return self.compile(getattr(spec, self.field), environment)


AnyPolicy: TypeAlias = Policy[Any]
"""One of whatever field."""
