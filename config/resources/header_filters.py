"""Filters that HTTPRoute and GRPCRoute share: header modifiers, mirror, extension; and the rules of a filter list."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.resources.model import DISTINCT, Model, unique_by, violation
from config.resources.references import BackendObjectReference, LocalObjectReference
from config.resources.scalars import HeaderName, Items, Percent

HTTPHeaderValue = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[!-~]+([\t ]?[!-~]+)*$")]
GRPCHeaderValue = Annotated[str, Field(min_length=1, max_length=4096)]


class HTTPHeader(Model):
    """A header with its value."""

    name: HeaderName = Field(description="Name, compared without case.")
    value: HTTPHeaderValue = Field(description="Value: visible ASCII with single blanks within.")


class GRPCHeader(Model):
    """A header with its value, of a GRPCRoute."""

    name: HeaderName = Field(description="Name, compared without case.")
    value: GRPCHeaderValue = Field(description="Value.")


class HTTPHeaderFilter(Model):
    """Changes of headers: `set` replaces, `add` appends, `remove` takes away."""

    set: Annotated[Items[HTTPHeader], unique_by("name")] = Field(
        (), max_length=16, description="Headers to replace. Default: none."
    )
    add: Annotated[Items[HTTPHeader], unique_by("name")] = Field(
        (), max_length=16, description="Headers to append. Default: none."
    )
    remove: Annotated[Items[str], DISTINCT] = Field(
        (), max_length=16, description="Headers to take away. Default: none."
    )


class GRPCHeaderFilter(Model):
    """Changes of headers of a GRPCRoute: `set` replaces, `add` appends, `remove` takes away."""

    set: Annotated[Items[GRPCHeader], unique_by("name")] = Field(
        (), max_length=16, description="Headers to replace. Default: none."
    )
    add: Annotated[Items[GRPCHeader], unique_by("name")] = Field(
        (), max_length=16, description="Headers to append. Default: none."
    )
    remove: Annotated[Items[str], DISTINCT] = Field(
        (), max_length=16, description="Headers to take away. Default: none."
    )


class Fraction(Model):
    """A share: `numerator` of `denominator`."""

    numerator: int = Field(ge=0, le=2147483647, description="Numerator, 0..denominator.")
    denominator: int = Field(100, ge=1, le=2147483647, description="Denominator, from 1. Default: 100.")

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.numerator > self.denominator:
            raise violation("numerator must be less than or equal to denominator")
        return self


class RequestMirrorFilter(Model):
    """Copies of requests to another backend, whose answers are thrown away."""

    backend_ref: BackendObjectReference = Field(description="Where copies go.")
    percent: Percent | None = Field(None, description="Percent of requests that are copied, 0..100. Default: all.")
    fraction: Fraction | None = Field(None, description="Share of requests that are copied. Default: all.")

    @model_validator(mode="after")
    def _one_share(self) -> Self:
        if self.percent is not None and self.fraction is not None:
            raise violation("Only one of percent or fraction may be specified in HTTPRequestMirrorFilter")
        return self


class ExtensionReference(LocalObjectReference):
    """A filter of Weir's own, such as a TrafficPolicy."""


def check_union(filter_: Model, chosen: str, members: tuple[tuple[str, str, str], ...]) -> None:
    """Raise unless just the member of the union that `chosen` names is set; `members` has (attribute, field, type)."""
    given = filter_.model_fields_set
    for attribute, field, type_ in members:
        if type_ == chosen:
            if getattr(filter_, attribute) is None:
                raise violation(f"filter.{field} must be specified for {type_} filter.type")
        elif attribute in given and getattr(filter_, attribute) is not None:
            raise violation(f"filter.{field} must be nil if the filter.type is not {type_}")


def check_single(types: list[str], single: frozenset[str]) -> None:
    """Raise when a filter type of `single` is there twice."""
    if len(set(types)) < len(types):
        for type_ in types:
            if type_ in single and types.count(type_) > 1:
                raise violation(f"{type_} filter cannot be repeated")
