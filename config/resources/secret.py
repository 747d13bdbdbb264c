"""Kind `Secret` of core Kubernetes: certificates with keys, and opaque values."""

from __future__ import annotations

import base64
import binascii
from typing import ClassVar, Self

from pydantic import Field, model_validator

from config.resources.model import violation
from config.resources.resource import Resource

TLS_TYPE = "kubernetes.io/tls"


class Secret(Resource):
    """A certificate with its key (`kubernetes.io/tls`), or values for Weir's own kinds (`Opaque`)."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    KIND: ClassVar[str] = "Secret"

    type: str = Field("Opaque", description="`kubernetes.io/tls` or `Opaque`. Default: Opaque.")
    data: dict[str, str] = Field(default_factory=dict, repr=False, description="Values in base64. Default: none.")
    string_data: dict[str, str] = Field(
        default_factory=dict, repr=False, description="Values as text; they go before `data`. Default: none."
    )
    immutable: bool | None = Field(None, description="Used by Kubernetes; not used.")

    @model_validator(mode="after")
    def _decodes(self) -> Self:
        for key, value in self.data.items():
            try:
                base64.b64decode(value, validate=True)
            except binascii.Error:
                raise violation(f"data.{key} is not base64") from None
        if self.type == TLS_TYPE:
            for key in ("tls.crt", "tls.key"):
                if key not in self.data and key not in self.string_data:
                    raise violation(f"{key} must be there for type {TLS_TYPE}")
        return self

    def value(self, key: str) -> bytes:
        """The decoded value of `key`; raises KeyError."""
        if key in self.string_data:
            return self.string_data[key].encode()
        return base64.b64decode(self.data[key])
