"""Kind `PolicyTest`: requests, and what is expected to become of each; for `weir test`, a gateway serves none of it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.resources.metadata import is_time
from config.resources.model import Model, at_most_one, unique_by, violation
from config.resources.resource import Resource
from config.resources.scalars import HeaderName, IPAddress, Items, Method
from config.resources.tags import TagName

Outcome = Literal["Forwarded", "Redirected", "Answered", "Refused", "Undecided", "NoPort", "NoRoute", "Misconfigured"]
SampleValue = Annotated[str, Field(max_length=8192, pattern=r"^[^\x00\r\n]*$")]
Name = Annotated[str, Field(min_length=1, max_length=512)]


class SampleHeader(Model):
    """A header line of a request."""

    name: HeaderName = Field(description="Name, compared without case.")
    value: SampleValue = Field(description="Value, up to 8192 characters; empty where the line has none.")


class SampleRequest(Model):
    """A request as a client sends it. Several headers of one name are several lines."""

    method: Method = Field("GET", description="Method. Default: GET.")
    url: str = Field(
        min_length=1,
        max_length=8192,
        description="URL such as `http://api.shop.example:8080/orders?id=7`; the port may be left out where there is "
        "one only. A path alone needs a `Host` header.",
    )
    headers: Items[SampleHeader] = Field((), max_length=100, description="Header lines, up to 100. Default: none.")
    source: IPAddress | None = Field(
        None, description="Address that the connection comes from. Default: 127.0.0.1, this machine."
    )
    now: Annotated[str, AfterValidator(is_time)] | None = Field(
        None, description="RFC 3339 time at which it arrives, for tokens and time windows. Default: that of the run."
    )
    draw: float | None = Field(
        None,
        ge=0.0,
        lt=1.0,
        description="What each random draw gives, 0 up to but not 1, for percentages. Default: the same in each run.",
    )


class Expectation(Model):
    """What becomes of the request; only what is set is looked at. Names without a namespace are of the test's own."""

    outcome: Outcome | None = Field(
        None,
        description="What is done with it: `Forwarded`, `Redirected`, `Answered` or `Refused` by a policy or limit, "
        "`Undecided` where a policy must ask somebody, `NoPort`, `NoRoute`, `Misconfigured`. Default: any.",
    )
    status: int | None = Field(
        None,
        ge=100,
        le=599,
        description="Status of Weir's own answer, 100..599; a forwarded request has none. Default: any.",
    )
    listener: Name | None = Field(
        None,
        description="Listener, `namespace/gateway/listener` or `ListenerSet namespace/set/listener`. Default: any.",
    )
    route: Name | None = Field(None, description="Route that takes it, `namespace/name`. Default: any.")
    rule: Name | None = Field(
        None, description="Name of the rule, or its position in the route from `0` where it has none. Default: any."
    )
    backend: Name | None = Field(None, description="Backend that gets all such requests. Default: any.")
    backends: dict[Name, float] | None = Field(
        None, description="Percent of such requests that each backend gets, 0..100, all of them named. Default: any."
    )
    target: Name | None = Field(None, description="Path and query that the endpoint is asked for. Default: any.")
    host: Name | None = Field(None, description="Host that the endpoint is asked for. Default: any.")
    location: Name | None = Field(None, description="`Location` of a redirect. Default: any.")
    tags: dict[TagName, str] = Field(default_factory=dict, description="Tags that it has. Default: any.")
    absent_tags: Items[TagName] = Field((), max_length=64, description="Tags that it has not. Default: none.")
    identity: str | None = Field(None, description="Who the client is; empty for nobody. Default: any.")
    refused_by: str | None = Field(
        None, description="Policy that refuses it, such as `access.jwt`; empty for none. Default: any."
    )
    request_headers: dict[HeaderName, str] = Field(
        default_factory=dict, description="Headers that Weir sets or changes on the way to the endpoint. Default: any."
    )
    removed_request_headers: Items[HeaderName] = Field(
        (), max_length=64, description="Headers of the request that the endpoint does not get. Default: none."
    )
    response_headers: dict[HeaderName, str] = Field(
        default_factory=dict, description="Headers that Weir sets on the way to the client. Default: any."
    )
    removed_response_headers: Items[HeaderName] = Field(
        (), max_length=64, description="Headers that the client never gets from an endpoint. Default: none."
    )

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        at_most_one(self, "backend", "backends")
        if not self.model_fields_set:
            raise violation("nothing is expected: set at least one field")
        return self


class PolicyCase(Model):
    """One request with what is expected of it."""

    name: str = Field(min_length=1, max_length=253, description="What it shows, in words; unique in the resource.")
    request: SampleRequest = Field(description="The request.")
    expect: Expectation = Field(description="What is expected of it.")


class PolicyTestSpec(Model):
    """Requests, and what is expected of each."""

    cases: Annotated[Items[PolicyCase], unique_by("name")] = Field(
        min_length=1, max_length=1000, description="The requests, 1..1000, each decided as if it were the first."
    )


class PolicyTest(Resource):
    """Requests, and what is expected to become of each: for `weir test`; a gateway serves none of it."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("weir.dev/v1",)
    KIND: ClassVar[str] = "PolicyTest"

    spec: PolicyTestSpec = Field(description="The requests with what is expected of them.")
