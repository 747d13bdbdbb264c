"""Kind `ConfigMap` of core Kubernetes: bundles of authorities."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from config.resources.resource import Resource


class ConfigMap(Resource):
    """Values by key; Weir reads `ca.crt`, a bundle of certificates in PEM."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    KIND: ClassVar[str] = "ConfigMap"

    data: dict[str, str] = Field(default_factory=dict, description="Values as text. Default: none.")
    binary_data: dict[str, str] = Field(default_factory=dict, description="Values in base64. Default: none.")
    immutable: bool | None = Field(None, description="Used by Kubernetes; not used.")
