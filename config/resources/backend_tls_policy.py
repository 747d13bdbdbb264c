"""Kind `BackendTLSPolicy`: how Weir checks a backend's certificate."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from config.resources.gateway import OptionValue
from config.resources.model import Model, violation
from config.resources.parents import TargetRefs
from config.resources.references import LocalObjectReference
from config.resources.resource import Resource
from config.resources.scalars import Hostname, Items, PreciseHostname

URI = Annotated[
    str, Field(min_length=1, max_length=253, pattern=r"^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\?([^#]*))?(#(.*))?")
]
WellKnownCACertificates = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=(
            r"^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
            r"/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$"
        ),
    ),
]


class SubjectAltName(Model):
    """A name that the certificate must have."""

    type: Literal["Hostname", "URI"] = Field(description="`Hostname` or `URI`.")
    hostname: Hostname | None = Field(None, description="The name, for `Hostname`. Default: none.")
    uri: URI | None = Field(None, description="The name, for `URI`, such as a SPIFFE id. Default: none.")

    @model_validator(mode="after")
    def _fits_type(self) -> Self:
        if self.type == "Hostname" and self.hostname is None:
            raise violation("SubjectAltName element must contain Hostname, if Type is set to Hostname")
        if self.type != "Hostname" and self.hostname is not None:
            raise violation("SubjectAltName element must not contain Hostname, if Type is not set to Hostname")
        if self.type == "URI" and self.uri is None:
            raise violation("SubjectAltName element must contain URI, if Type is set to URI")
        if self.type != "URI" and self.uri is not None:
            raise violation("SubjectAltName element must not contain URI, if Type is not set to URI")
        return self


class BackendTLSPolicyValidation(Model):
    """What the certificate is checked against."""

    ca_certificate_refs: Items[LocalObjectReference] = Field(
        (), max_length=8, description="ConfigMaps of authorities. Default: none."
    )
    well_known_ca_certificates: WellKnownCACertificates | None = Field(
        None, alias="wellKnownCACertificates", description="`System`, the authorities of the system. Default: none."
    )
    hostname: PreciseHostname = Field(description="SNI, and the name to expect where `subjectAltNames` is empty.")
    subject_alt_names: Items[SubjectAltName] = Field(
        (), max_length=5, description="Names of which one must be there. Default: `hostname`."
    )

    @model_validator(mode="after")
    def _one_kind_of_authority(self) -> Self:
        if self.ca_certificate_refs and self.well_known_ca_certificates:
            raise violation("must not contain both CACertificateRefs and WellKnownCACertificates")
        if not self.ca_certificate_refs and not self.well_known_ca_certificates:
            raise violation("must specify either CACertificateRefs or WellKnownCACertificates")
        return self


class BackendTLSPolicySpec(Model):
    """Backends and how they are checked."""

    target_refs: TargetRefs = Field(min_length=1, description="Services or Backends, 1..16.")
    validation: BackendTLSPolicyValidation = Field(description="What the certificate is checked against.")
    options: dict[str, OptionValue] = Field(
        default_factory=dict, max_length=16, description="Options of Weir's own. Default: none."
    )


class BackendTLSPolicy(Resource):
    """TLS to a backend, and how its certificate is checked."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1alpha3")
    KIND: ClassVar[str] = "BackendTLSPolicy"

    spec: BackendTLSPolicySpec = Field(description="Backends and how they are checked.")
