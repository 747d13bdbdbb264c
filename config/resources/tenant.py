"""Kind `Tenant`: quotas, metering and access for a namespace or a label selector."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from config.resources.access import Access
from config.resources.model import Model, unique_by, violation
from config.resources.rate_limit import RateLimit
from config.resources.resource import Resource
from config.resources.scalars import Duration, FilePath, Items, NamespaceName, PositiveDuration, Quantity
from config.resources.selectors import LabelSelector


class Quota(Model):
    """Bounds on what a tenant uses and declares; node-wide unless said."""

    requests_per_second: int | None = Field(
        None, ge=0, description="Requests per second; more get 429. Default: no bound."
    )
    concurrent_requests: int | None = Field(
        None, ge=0, description="Requests at once; more get 429. Default: no bound."
    )
    connections: int | None = Field(None, ge=0, description="Connections at once; more are closed. Default: no bound.")
    bytes_per_second: Quantity | None = Field(None, description="Bytes per second both ways. Default: no bound.")
    bytes_per_month: Quantity | None = Field(
        None, description="Bytes per calendar month (UTC) both ways, over all gateways. Default: no bound."
    )
    cache_bytes: Quantity | None = Field(None, description="Bytes in the cache. Default: no bound.")
    routes: int | None = Field(None, ge=0, description="Routes that may be declared. Default: no bound.")
    backends: int | None = Field(None, ge=0, description="Backends that may be declared. Default: no bound.")
    hostnames: Items[Annotated[str, Field(min_length=1, max_length=253)]] = Field(
        (), max_length=1024, description="Hosts that its routes may have, also `*.example.com`. Default: any."
    )


class Metering(Model):
    """What is recorded of a tenant's use."""

    enabled: bool = Field(default=True, description="Whether use is recorded. Default: true.")
    interval: PositiveDuration = Field(Duration("1m"), description="Length of one record, over 0s. Default: 1m.")
    file: FilePath | None = Field(None, description="File of JSON lines. Default: none, only metrics.")
    by: Items[Literal["Route", "Backend", "Tag"]] = Field(("Route",), description="What is told apart. Default: Route.")


class TenantSpec(Model):
    """Whom it is for, and what holds for them; `namespaces` or `selector` is set."""

    namespaces: Items[NamespaceName] = Field(
        (), max_length=1024, description="Namespaces of the tenant. Default: none."
    )
    selector: LabelSelector | None = Field(None, description="Labels of its namespaces. Default: none.")
    quota: Quota = Field(Quota(), description="Bounds. Default: none.")
    metering: Metering = Field(Metering(), description="What is recorded.")
    access: Access | None = Field(None, description="Who may come in, beside each TrafficPolicy. Default: all.")
    rate_limits: Annotated[Items[RateLimit], unique_by("name")] = Field(
        (), max_length=64, description="Limits, beside each TrafficPolicy's. Default: none."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.namespaces) == (self.selector is not None):
            raise violation("exactly one of namespaces, selector must be set")
        return self


class Tenant(Resource):
    """Quotas, metering and access for namespaces, by name or by label."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "Tenant"
    NAMESPACED: ClassVar[bool] = False

    spec: TenantSpec = Field(description="The tenant.")
