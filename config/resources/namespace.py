"""Kind `Namespace`: the unit of tenancy; Weir reads its labels."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from config.resources.model import Model
from config.resources.resource import Resource
from config.resources.scalars import Items


class NamespaceSpec(Model):
    """Nothing that Weir uses."""

    finalizers: Items[str] = Field((), description="Written by Kubernetes; not used.")


class Namespace(Resource):
    """The unit of tenancy. Only its labels are read, by `allowedRoutes` and by Tenants; it need not be declared."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    KIND: ClassVar[str] = "Namespace"
    NAMESPACED: ClassVar[bool] = False

    spec: NamespaceSpec = Field(NamespaceSpec(), description="Nothing that Weir uses.")
