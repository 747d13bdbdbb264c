"""Label selectors of Kubernetes, and the choice of namespaces by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from config.resources.model import Model
from config.resources.scalars import Items


class LabelSelectorRequirement(Model):
    """One condition on a label."""

    key: str = Field(description="The label.")
    operator: str = Field(description="`In`, `NotIn`, `Exists` or `DoesNotExist`.")
    values: Items[str] = Field((), description="Values for `In` and `NotIn`. Default: none.")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet the condition; raises ValueError for an operator that there is not."""
        if self.operator == "In":
            return labels.get(self.key) in self.values
        if self.operator == "NotIn":
            return labels.get(self.key) not in self.values
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        raise ValueError(f"{self.operator} is not one of In, NotIn, Exists, DoesNotExist")


class LabelSelector(Model):
    """All conditions must hold; the empty selector takes everything."""

    match_labels: dict[str, str] = Field(default_factory=dict, description="Labels with these values. Default: none.")
    match_expressions: Items[LabelSelectorRequirement] = Field((), description="Further conditions. Default: none.")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet all conditions; raises ValueError for an operator that there is not."""
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
