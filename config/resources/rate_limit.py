"""The `rateLimits` part of TrafficPolicy and Tenant: how much in what time."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from config.resources.model import Model, at_most_one, exactly_one, violation
from config.resources.scalars import CIDR, Duration, HeaderName, Items, PositiveDuration


class LimitKey(Model):
    """One part of the key that is counted by; exactly one field is set."""

    header: HeaderName | None = Field(None, description="Value of this request header. Default: none.")
    cookie: HeaderName | None = Field(None, description="Value of this cookie. Default: none.")
    query: str | None = Field(None, min_length=1, description="Value of this query parameter. Default: none.")
    tag: str | None = Field(None, min_length=1, description="Value of this tag. Default: none.")
    claim: str | None = Field(
        None, min_length=1, description="Value of this claim of the JSON Web Token. Default: none."
    )
    source_ip: bool = Field(default=False, alias="sourceIP", description="The client's address. Default: false.")
    source_prefix: int | None = Field(
        None, ge=0, le=128, description="The client's network of this length, 0..128. Default: none."
    )
    path: bool = Field(default=False, description="The path. Default: false.")
    route: bool = Field(default=False, description="The route. Default: false.")
    tenant: bool = Field(default=False, description="The tenant. Default: false.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(
            self, "header", "cookie", "query", "tag", "claim", "source_ip", "source_prefix", "path", "route", "tenant"
        )
        return self


class Rate(Model):
    """So many in such a time."""

    requests: int = Field(ge=0, le=1_000_000_000, description="Requests, or units of cost, 0..1000000000.")
    per: PositiveDuration = Field(description="In this time, over 0s.")


class Cost(Model):
    """What one request counts; at most one field is set, else it counts 1."""

    header: HeaderName | None = Field(None, description="Number in this header of the answer. Default: none.")
    body_bytes: bool = Field(default=False, description="Bytes of both bodies. Default: false.")
    fixed: int | None = Field(None, ge=0, le=1_000_000, description="This number, 0..1000000. Default: none.")

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        at_most_one(self, "header", "body_bytes", "fixed")
        return self


class RateLimit(Model):
    """One limit."""

    name: str = Field(min_length=1, max_length=63, description="Name, for logs, metrics and `RateLimit-Policy`.")
    key: Items[LimitKey] = Field((), max_length=8, description="What is counted apart. Default: all together.")
    when: str | None = Field(
        None, min_length=1, max_length=4096, description="CEL expression that must hold. Default: always."
    )
    rate: Rate | None = Field(None, description="Requests in a time. Default: none, `concurrency` is set.")
    concurrency: int | None = Field(
        None, ge=1, le=1_000_000, description="Requests at once, 1..1000000. Default: no bound."
    )
    burst: int | None = Field(
        None,
        ge=0,
        le=1_000_000_000,
        description="How many may come at once: with GCRA beside the one that is due, with TokenBucket in all. "
        "Default: so many that `requests` may.",
    )
    algorithm: Literal["GCRA", "FixedWindow", "SlidingWindow", "TokenBucket"] = Field(
        "GCRA", description="How it counts. Default: GCRA."
    )
    cost: Cost = Field(Cost(), description="What a request counts. Default: 1.")
    scope: Literal["Node", "Global"] = Field(
        "Node", description="Who shares it: the node, or all gateways by Redis. Default: Node."
    )
    on_store_failure: Literal["Allow", "Deny", "Node"] = Field(
        "Allow", description="For `Global` when Redis does not answer. Default: Allow."
    )
    max_delay: Duration = Field(Duration("0s"), description="Longest wait for its turn instead of 429. Default: 0s.")
    exempt: Items[CIDR] = Field((), max_length=10_000, description="Networks that are not counted. Default: none.")
    enforce: bool = Field(default=True, description="Whether it refuses, or only counts. Default: true.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "rate", "concurrency")
        if self.rate is None:
            self._check_concurrency()
        elif self.algorithm in ("FixedWindow", "SlidingWindow"):
            if self.burst is not None:
                raise violation(f"burst is for GCRA and TokenBucket: a {self.algorithm} takes `requests` in each")
            if self.max_delay.seconds:
                raise violation(f"maxDelay is for GCRA and TokenBucket: a {self.algorithm} has no turn to wait for")
        if self.rate is not None and self.rate.requests and (self.cost.fixed or 0) > self.capacity:
            raise violation(f"a cost of {self.cost.fixed} never fits, as at most {self.capacity} may come at once")
        return self

    def _check_concurrency(self) -> None:
        for name in ("burst", "cost", "max_delay"):
            if name in self.model_fields_set:
                raise violation(f"{type(self).model_fields[name].alias} goes with rate, not with concurrency")
        if self.scope == "Global":
            raise violation("concurrency is counted by the node alone: scope must be Node")

    @property
    def capacity(self) -> int:
        """How many may come at once under `rate`: of a GCRA the burst and the one that is due, of buckets the burst."""
        if self.rate is None or not self.rate.requests:
            return 0
        if self.burst is None or self.algorithm in ("FixedWindow", "SlidingWindow"):
            return self.rate.requests
        return self.burst + 1 if self.algorithm == "GCRA" else max(self.burst, 1)


class ConnectionLimit(Model):
    """Connections per source."""

    per_source: int | None = Field(None, ge=1, description="Connections at once. Default: no bound.")
    rate: Rate | None = Field(None, description="New connections in a time. Default: no bound.")
    exempt: Items[CIDR] = Field((), max_length=10_000, description="Networks that are not counted. Default: none.")
