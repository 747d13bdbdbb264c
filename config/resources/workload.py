"""Kinds `Deployment` and `Pod`: taken, because they stand in the files that users have, and left alone."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, JsonValue

from config.resources.resource import Resource


class Deployment(Resource):
    """Taken and left alone, with a note in its status."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("apps/v1",)
    KIND: ClassVar[str] = "Deployment"

    spec: dict[str, JsonValue] = Field(default_factory=dict, description="Anything; not used.")


class Pod(Resource):
    """Taken and left alone, with a note in its status."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    KIND: ClassVar[str] = "Pod"

    spec: dict[str, JsonValue] = Field(default_factory=dict, description="Anything; not used.")
