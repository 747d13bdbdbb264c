"""Kind `GatewayClass`: which controller a Gateway is meant for."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from config.resources.model import Model
from config.resources.references import ParametersReference
from config.resources.resource import Resource

CONTROLLER_NAME = "weir.dev/gateway-controller"
"""The `controllerName` of classes that Weir serves."""

ControllerName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$",
    ),
]


class GatewayClassSpec(Model):
    """The class."""

    controller_name: ControllerName = Field(
        description="Controller of the class; Weir's is `weir.dev/gateway-controller`."
    )
    parameters_ref: ParametersReference | None = Field(None, description="Parameters of the class. Default: none.")
    description: str | None = Field(None, max_length=64, description="What the class is for. Default: none.")


class GatewayClass(Resource):
    """Which controller a Gateway is meant for. The class `weir` is there without being declared."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1")
    KIND: ClassVar[str] = "GatewayClass"
    NAMESPACED: ClassVar[bool] = False

    spec: GatewayClassSpec = Field(description="The class.")
