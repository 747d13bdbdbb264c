"""`metadata` as every resource has it: what Kubernetes calls ObjectMeta."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from config.resources.model import Model, violation
from config.resources.scalars import Items, NamespaceName

ResourceName = Annotated[
    str,
    Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
]


def is_time(text: str) -> str:
    """Refused rather than taken as none: age decides who wins a conflict."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise violation("a time of RFC 3339 such as 2026-01-31T12:00:00Z is expected") from None
    return text


def unix_s(time: str) -> float:
    """Unix time of a time of RFC 3339; one without a zone is UTC."""
    read = datetime.fromisoformat(time)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


class Metadata(Model):
    """Name, namespace and labels; the fields that only a Kubernetes API server writes are taken and left alone."""

    name: ResourceName = Field(
        description="Name, unique among resources of its kind in the namespace; a DNS subdomain."
    )
    namespace: NamespaceName = Field("default", description="The unit of tenancy. Default: `default`.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels that selectors match. Default: none.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Free notes; Weir reads none. Default: none.")
    creation_timestamp: Annotated[str, AfterValidator(is_time)] | None = Field(
        None,
        description="RFC 3339 time of creation; of two that conflict the older wins. Default: none, "
        "which is younger than any.",
    )
    generation: int | None = Field(
        None, ge=0, description="Version of `spec`, echoed as `observedGeneration`. Default: 1."
    )
    uid: str | None = Field(None, description="Written by Kubernetes; not used.")
    resource_version: str | None = Field(None, description="Written by Kubernetes; not used.")
    generate_name: str | None = Field(None, description="Used by Kubernetes; not used.")
    self_link: str | None = Field(None, description="Written by Kubernetes; not used.")
    deletion_timestamp: str | None = Field(None, description="Written by Kubernetes; not used.")
    deletion_grace_period_seconds: int | None = Field(None, description="Written by Kubernetes; not used.")
    finalizers: Items[str] = Field((), description="Written by Kubernetes; not used.")
    owner_references: Items[dict[str, JsonValue]] = Field((), description="Written by Kubernetes; not used.")
    managed_fields: Items[dict[str, JsonValue]] = Field((), description="Written by Kubernetes; not used.")
