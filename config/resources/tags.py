"""The `tags` part of TrafficPolicy: marks on a request."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.resources.backend_policy import HashKey
from config.resources.model import Model, exactly_one, violation
from config.resources.scalars import HeaderName, Items

TagName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-zA-Z]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$")]
TagValue = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^\x00-\x1f\x7f]*$")]


class TagSource(Model):
    """Where a tag's value comes from; exactly one field is set."""

    header: HeaderName | None = Field(None, description="This header. Default: none.")
    cookie: HeaderName | None = Field(None, description="This cookie. Default: none.")
    query: str | None = Field(None, min_length=1, description="This query parameter. Default: none.")
    claim: str | None = Field(None, min_length=1, description="This claim of the JSON Web Token. Default: none.")
    identity: bool = Field(default=False, description="The client's identity. Default: false.")
    tenant: bool = Field(default=False, description="The tenant's name. Default: false.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "header", "cookie", "query", "claim", "identity", "tenant")
        return self


class Tag(Model):
    """A mark that a request gets; `value` or `valueFrom` is set."""

    name: TagName = Field(description="Name.")
    value: TagValue | None = Field(None, description="Value. Default: none.")
    value_from: TagSource | None = Field(None, description="Where the value comes from. Default: none.")
    when: str | None = Field(
        None, min_length=1, max_length=4096, description="CEL expression that must hold. Default: always."
    )
    percent: float | None = Field(
        None, ge=0.0, le=100.0, description="Percent of requests that get it, 0..100. Default: all."
    )
    sticky: Items[HashKey] = Field(
        (), max_length=8, description="Key by which the draw of `percent` is the same each time. Default: none."
    )
    allowed: Items[TagValue] = Field((), max_length=256, description="Values taken from `valueFrom`. Default: any.")
    default: TagValue | None = Field(None, description="Value where none comes or none is allowed. Default: no tag.")
    in_metrics: bool = Field(default=False, description="Whether metrics show it; needs `allowed`. Default: false.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "value", "value_from")
        if self.in_metrics and self.value_from is not None and not self.allowed:
            raise violation("inMetrics needs allowed: a client could else make series without end")
        return self
