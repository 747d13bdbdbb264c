"""What `weir explain` and `/api/v1/explain` tell: the shape, the same for people, programs and both ways to ask."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from config.resources.policy_test import Outcome
from config.status import ResourceStatus


def _json_name(name: str) -> str:
    """`connect_timeout_s` as `connectTimeoutSeconds`, as the other answers of the admin API spell it."""
    return to_camel(f"{name.removesuffix('_s')}_seconds" if name.endswith("_s") else name)


class Part(BaseModel):
    """A part of an explanation: frozen, camelCase in JSON."""

    model_config = ConfigDict(
        frozen=True, alias_generator=_json_name, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class Considered(Part):
    """One match of one rule, in order of precedence; `reason` says why it did not take the request, "" where it did."""

    listener: str
    hostname: str
    route: str
    rule: str
    match: str
    reason: str


class Said(Part):
    """What one policy said of the request, in words."""

    policy: str
    said: str


class SeenEndpoint(Part):
    """One endpoint of a backend, as discovery told it last; `eligible` is whether the request may go there at first."""

    id: str
    address: str
    port: int
    weight: int
    zone: str
    tags: dict[str, str]
    serving: bool
    eligible: bool = True


class HeadChanges(Part):
    """What Weir does to a head on its way: names are lower-case; several lines of a name are one value, with commas."""

    set: dict[str, str] = Field(default_factory=dict)
    removed: tuple[str, ...] = ()


class Share(Part):
    """What one backendRef gets. `backend` is None, with a `problem`, where its traffic is answered with 500.

    `percent` is of the requests that the rule takes; `target` and `host` are what the endpoint is asked for; `policy`
    holds what differs from the defaults of BackendPolicy, and the load balancer. `policies` are those of the
    backendRef, asked once it was chosen; where they let no request go on, `outcome`, `status`, `reason`, `refused_by`
    and `answer_headers` are as in an Explanation. `request_headers` are changes of what the client sent;
    `response_headers` of what the endpoint will send, and `removed` there are those that it would send in vain.
    `selection` is what the request is for among the endpoints, as `lane=canary`, "" for all; `endpoints` is None where
    only the running gateway knows them.
    """

    backend: str | None
    weight: int
    percent: float
    problem: str = ""
    protocol: str = ""
    discovered_by: str = ""
    target: str = ""
    host: str = ""
    filters: tuple[str, ...] = ()
    outcome: Outcome = "Forwarded"
    status: int | None = None
    reason: str = ""
    refused_by: str = ""
    policies: tuple[Said, ...] = ()
    answer_headers: HeadChanges = HeadChanges()
    request_headers: HeadChanges = HeadChanges()
    response_headers: HeadChanges = HeadChanges()
    policy: dict[str, JsonValue] = Field(default_factory=dict)
    connect_timeout_s: float = 0.0
    selection: str = ""
    endpoints: tuple[SeenEndpoint, ...] | None = None

    @property
    def is_forwarded(self) -> bool:
        """Whether its requests go on to an endpoint."""
        return self.outcome == "Forwarded"


class Explanation(Part):
    """The whole. `status` is what Weir itself answers, None where an endpoint does; `*_s` are seconds, 0 is no bound.

    `considered` has every match of the port, with the one that took the request among them. `conditions` are those of
    all resources that had a part in it, or, where no route took the request, of the routes that take none at all.
    `steered` is the steering rule, or the header, that sends the request elsewhere, "" where none does. `policies` are
    those that were asked, in their order, and `refused_by` the one that turned the request away;
    `answer_headers` are what policies add to an answer of Weir's own.
    """

    request: str
    outcome: Outcome
    status: int | None = None
    reason: str = ""
    location: str = ""
    source: str = ""
    trusted_source: bool | None = None
    port: str = ""
    ports: tuple[str, ...] = ()
    listener: str = ""
    listener_hostname: str = ""
    taken: Considered | None = None
    policies: tuple[Said, ...] = ()
    refused_by: str = ""
    answer_headers: HeadChanges = HeadChanges()
    tags: dict[str, str] = Field(default_factory=dict)
    identity: str = ""
    steered: str = ""
    filters: tuple[str, ...] = ()
    request_timeout_s: float = 0.0
    backend_request_timeout_s: float = 0.0
    shares: tuple[Share, ...] = ()
    considered: tuple[Considered, ...] = ()
    conditions: tuple[ResourceStatus, ...] = ()
