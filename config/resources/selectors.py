"""Label selectors of Kubernetes, and the choice of namespaces by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from config.resources.model import Model
from config.resources.scalars import Items

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


class LabelSelectorRequirement(Model):
    """One condition on a label."""

    key: str = Field(description="The label.")
    operator: str = Field(description="`In`, `NotIn`, `Exists` or `DoesNotExist`.")
    values: Items[str] = Field((), description="Values for `In` and `NotIn`. Default: none.")

    def flaw(self) -> tuple[Literal["operator", "values"], str] | None:
        """The field that makes it say nothing, and why, by the rules of Kubernetes; None where it is sound."""
        if self.operator not in OPERATORS:
            return "operator", f"{self.operator} is not one of {', '.join(OPERATORS)}"
        if self.operator in ("In", "NotIn") and not self.values:
            return "values", f"{self.operator} needs values"
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            return "values", f"{self.operator} takes no values"
        return None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet the condition; raises ValueError where it has a flaw."""
        if flaw := self.flaw():
            raise ValueError(flaw[1])
        if self.operator == "In":
            return labels.get(self.key) in self.values
        if self.operator == "NotIn":
            return labels.get(self.key) not in self.values
        return (self.key in labels) is (self.operator == "Exists")


class LabelSelector(Model):
    """All conditions must hold; the empty selector takes everything."""

    match_labels: dict[str, str] = Field(default_factory=dict, description="Labels with these values. Default: none.")
    match_expressions: Items[LabelSelectorRequirement] = Field((), description="Further conditions. Default: none.")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet all conditions; raises ValueError where one that is looked at has a flaw."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            expression.matches(labels) for expression in self.match_expressions
        )


class RouteNamespaces(Model):
    """Namespaces from which routes may attach."""

    from_: Literal["All", "Selector", "Same"] = Field(
        "Same",
        alias="from",
        description="`All`, those that `selector` takes, or the `Same` as the Gateway's. Default: Same.",
    )
    selector: LabelSelector | None = Field(None, description="Labels of the namespaces, for `Selector`. Default: none.")


class ListenerNamespaces(Model):
    """Namespaces from which ListenerSets may attach."""

    from_: Literal["All", "Selector", "Same", "None"] = Field(
        "None",
        alias="from",
        description="`All`, those that `selector` takes, the `Same` as the Gateway's, or `None`. Default: None.",
    )
    selector: LabelSelector | None = Field(None, description="Labels of the namespaces, for `Selector`. Default: none.")
