"""The base of every kind: `apiVersion`, `kind`, `metadata`, and how a document becomes one."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from config.resources.metadata import Metadata
from config.resources.model import Model, violation


class Resource(Model):
    """One resource. A subclass sets API_VERSIONS and KIND, and has its own `spec` (in core Kubernetes also `data`)."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ()
    KIND: ClassVar[str] = ""
    NAMESPACED: ClassVar[bool] = True

    api_version: str = Field(description="Group and version of the kind.")
    kind: str = Field(description="The kind.")
    metadata: Metadata = Field(description="Name, namespace, labels.")
    status: dict[str, JsonValue] | None = Field(
        None,
        exclude=True,
        repr=False,
        description="Written by a controller; taken and left alone, Weir reports its own.",
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, document: object) -> object:
        return without_nulls(document)

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        if self.kind != self.KIND or self.api_version not in self.API_VERSIONS:
            raise violation(f"{self.api_version} {self.kind} is not {' or '.join(self.API_VERSIONS)} {self.KIND}")
        return self

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind, namespace ("" for a kind without) and name."""
        return self.kind, self.metadata.namespace if self.NAMESPACED else "", self.metadata.name

    @classmethod
    def read(cls, document: object) -> Self:
        """The resource that `document` (what a YAML loader gives) describes; raises pydantic.ValidationError.

        Unlike the constructor it takes the camelCase names only.
        """
        return cls.model_validate(document, by_alias=True, by_name=False)


def without_nulls(value: object) -> object:
    """`value` with no field that is null: an API server takes such a field as left out. Nulls in lists stay."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
