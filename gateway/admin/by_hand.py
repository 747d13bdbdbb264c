"""Changes by hand over the admin API: an endpoint drained, ejected, or given another weight, for a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal, Self

import orjson
from pydantic import Field, ValidationError, model_validator

from config.problems import nearest
from config.resources.model import Model, violation
from config.resources.scalars import Duration, PositiveDuration
from discovery.health.board import HealthBoard
from discovery.health.by_hand import LONGEST_S, MAX_WEIGHT, WORDS, Action, Setting

audit = logging.getLogger("weir.audit")

BODY_BYTES = 16 * 1024
NAME_LENGTH = 1024


class NotThere(Exception):
    """There is no such backend, endpoint or setting."""


class BadRequest(Exception):
    """What is asked for makes no sense; `str(error)` says where and why."""


class Wanted(Model):
    """The body of a change."""

    backend: str = Field(
        min_length=1, max_length=NAME_LENGTH, description="`namespace/name`; `default` may be left out."
    )
    endpoint: str = Field(min_length=1, max_length=NAME_LENGTH, description="Its id, or `address:port`.")
    action: Literal["drain", "eject", "weight"] = Field(description="`drain`, `eject` or `weight`.")
    weight: int | None = Field(None, ge=0, le=MAX_WEIGHT, description="The weight, for that action.")
    lasts: PositiveDuration = Field(Duration("1h"), alias="for", description="How long it holds, 30 days at most.")
    reason: str = Field("", max_length=WORDS, description="Why, for who looks later.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.weight is not None) != (self.action == "weight"):
            raise violation("weight is for the action weight, which needs it")
        if self.lasts.seconds > LONGEST_S:
            raise violation(f"for must not be longer than {LONGEST_S / 3600:.0f}h")
        return self


def wanted(body: bytes) -> Wanted:
    """What a request asks for. Raises BadRequest."""
    try:
        return Wanted.model_validate(orjson.loads(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{place}: {first['msg']}" if place else str(first["msg"])) from error
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is no JSON: {error}") from error


def setting_of(board: HealthBoard, asked: Wanted, who: str, unix_s: float) -> Setting:
    """What is to be in force. Raises NotThere."""
    backend = backend_named(board, asked.backend)
    return Setting(
        backend,
        endpoint_named(board, backend, asked.endpoint),
        Action(asked.action),
        unix_s,
        unix_s + asked.lasts.seconds,
        asked.weight or 0,
        asked.reason,
        who,
    )


def taken_back(board: HealthBoard, query: Mapping[str, str]) -> tuple[str, str, Action]:
    """Backend, endpoint id and action that a query names. Raises BadRequest, NotThere."""
    try:
        action = Action(query.get("action", ""))
    except ValueError as error:
        raise BadRequest(f"action must be one of {', '.join(Action)}") from error
    backend = backend_named(board, query.get("backend", ""))
    asked = query.get("endpoint", "")
    if action in board.by_hand.of(backend, asked):
        # It may have left meanwhile, and come back.
        return backend, asked, action
    return backend, endpoint_named(board, backend, asked), action


def backend_named(board: HealthBoard, name: str) -> str:
    """`namespace/name` of the backend that `name` means. Raises NotThere."""
    names = board.names()
    for each in (name, f"default/{name}"):
        if each in names:
            return each
    raise NotThere(_missing(f"there is no backend {name}", nearest(name, names)))


def endpoint_named(board: HealthBoard, backend: str, name: str) -> str:
    """The id of the endpoint with that id or at that place. Raises NotThere."""
    endpoints = board.endpoints(backend)
    if any(endpoint.id == name for endpoint in endpoints):
        return name
    for endpoint in endpoints:
        host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
        if name == f"{host}:{endpoint.port}":
            return endpoint.id
    suggestion = nearest(name, [endpoint.id for endpoint in endpoints])
    raise NotThere(_missing(f"backend {backend} has no endpoint {name}", suggestion))


def told(change: str, setting: Setting, address: str) -> None:
    """Write an audit line."""
    weight = f" {setting.weight}" if setting.action is Action.WEIGHT else ""
    lasts = f" for {setting.until_s - setting.since_s:g} s" if setting.until_s > setting.since_s else ""
    reason = f": {setting.reason}" if setting.reason else ""
    audit.info(
        "%s from %s: %s %s%s on %s of %s%s%s",
        *(setting.who, address, change, setting.action, weight, setting.endpoint, setting.backend, lasts, reason),
    )


def _missing(message: str, suggestion: str) -> str:
    return f"{message} ({suggestion})" if suggestion else message
