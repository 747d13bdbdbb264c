"""Kind `ReferenceGrant`: who may refer to what in this namespace."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from config.resources.model import Model
from config.resources.resource import Resource
from config.resources.scalars import Group, Items, Kind, NamespaceName, ObjectName


class ReferenceGrantFrom(Model):
    """Who may refer."""

    group: Group = Field(description="API group of the referrer; empty for core Kubernetes.")
    kind: Kind = Field(description="Kind of the referrer.")
    namespace: NamespaceName = Field(description="Namespace of the referrer.")


class ReferenceGrantTo(Model):
    """What may be referred to."""

    group: Group = Field(description="API group of the referent; empty for core Kubernetes.")
    kind: Kind = Field(description="Kind of the referent.")
    name: ObjectName | None = Field(None, description="Name of the referent. Default: all of the kind.")


class ReferenceGrantSpec(Model):
    """Each of `from` may refer to each of `to`."""

    from_: Items[ReferenceGrantFrom] = Field(
        alias="from", min_length=1, max_length=16, description="Who may refer, 1..16."
    )
    to: Items[ReferenceGrantTo] = Field(min_length=1, max_length=16, description="What may be referred to, 1..16.")


class ReferenceGrant(Resource):
    """Who may refer to what in this namespace from another one."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1")
    KIND: ClassVar[str] = "ReferenceGrant"

    spec: ReferenceGrantSpec = Field(description="Who and what.")
