"""The `access` part of TrafficPolicy and Tenant: who may come in."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from config.resources.model import Model, exactly_one, violation
from config.resources.references import BackendObjectReference, SecretObjectReference
from config.resources.scalars import (
    CIDR,
    FRAMING,
    Duration,
    FilePath,
    HeaderName,
    Items,
    PositiveDuration,
    Quantity,
    UpToFiveMinutes,
)

_RESERVED = FRAMING | {"expect", "host"}
"""Headers that frame or route the message: one set by a claim could hide a second request in it."""


class SourceAccess(Model):
    """By network of the client; the most specific network decides, at a tie `deny`."""

    allow: Items[CIDR] = Field((), max_length=100_000, description="Networks let in. Default: all.")
    deny: Items[CIDR] = Field((), max_length=100_000, description="Networks refused. Default: none.")


class KeySet(Model):
    """Where keys come from; exactly one field is set."""

    file: FilePath | None = Field(
        None, description="File with a JSON Web Key Set; read again when it changes. Default: none."
    )
    url: str | None = Field(None, pattern="^https?://", description="URL of a JSON Web Key Set. Default: none.")
    secret_ref: SecretObjectReference | None = Field(None, description="Secret with a key `jwks.json`. Default: none.")
    refresh: PositiveDuration = Field(
        Duration("10m"), description="Time between two fetches of `url`, over 0s. Default: 10m."
    )
    timeout: PositiveDuration = Field(Duration("5s"), description="Time for a fetch, over 0s. Default: 5s.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "file", "url", "secret_ref")
        return self


class TokenPlace(Model):
    """Where a token or key stands in a request; exactly one field is set."""

    header: HeaderName | None = Field(None, description="This header. Default: none.")
    cookie: HeaderName | None = Field(None, description="This cookie. Default: none.")
    query: str | None = Field(None, min_length=1, description="This query parameter. Default: none.")
    prefix: str = Field("", max_length=64, description="Text before it, such as `Bearer `. Default: none.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "header", "cookie", "query")
        return self


class JWTAccess(Model):
    """By JSON Web Token (RFC 7519, RFC 8725)."""

    issuer: str = Field(min_length=1, description="Issuer that `iss` must equal.")
    audiences: Items[str] = Field(
        (), max_length=64, description="Audiences of which `aud` must have one. Default: any."
    )
    jwks: KeySet = Field(description="Keys of the issuer.")
    algorithms: Items[
        Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
    ] = Field(
        ("RS256", "ES256", "EdDSA"),
        min_length=1,
        description="Algorithms taken; `none` never is. Default: RS256, ES256, EdDSA.",
    )
    leeway: UpToFiveMinutes = Field(Duration("30s"), description="Clock difference allowed, 0s..5m. Default: 30s.")
    require_claims: dict[str, JsonValue] = Field(
        default_factory=dict, description="Claims with the value they must have. Default: none."
    )
    claims_to_headers: dict[str, HeaderName] = Field(
        default_factory=dict, description="Claims passed on, by header. Default: none."
    )
    claims_to_tags: dict[str, str] = Field(default_factory=dict, description="Claims that set tags. Default: none.")
    from_: Items[TokenPlace] = Field(
        (TokenPlace(header="authorization", prefix="Bearer "),),
        alias="from",
        description="Where it stands. Default: `Authorization: Bearer`.",
    )
    forward: bool = Field(default=False, description="Whether the token goes on to the backend. Default: false.")

    @model_validator(mode="after")
    def _headers_are_free(self) -> Self:
        names = [name.lower() for name in self.claims_to_headers.values()]
        for name in names:
            if name in _RESERVED:
                raise violation(f"claimsToHeaders: {name} is not for a claim to set")
            if names.count(name) > 1:
                raise violation(f"claimsToHeaders: two claims for the header {name}")
        return self


class APIKeyAccess(Model):
    """By key, of which only the hash is kept."""

    from_: TokenPlace = Field(
        TokenPlace(header="x-api-key"), alias="from", description="Where it stands. Default: header x-api-key."
    )
    hashes: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(
        default_factory=dict, description="SHA-256 of each key in hex, by name of its owner. Default: none."
    )
    file: FilePath | None = Field(
        None, description="File of lines `name:hash`; read again when it changes. Default: none."
    )


class BasicAccess(Model):
    """By user name and password (RFC 7617)."""

    realm: str = Field("weir", min_length=1, max_length=253, description="Realm that is asked for. Default: weir.")
    htpasswd_file: FilePath | None = Field(
        None, description="File of `htpasswd -B`; read again when it changes. Default: none."
    )
    secret_ref: SecretObjectReference | None = Field(
        None, description="Secret with a key `auth` of the same form. Default: none."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        exactly_one(self, "htpasswd_file", "secret_ref")
        return self


class IdentityAccess(Model):
    """By the client's certificate."""

    spiffe_ids: Items[str] = Field(
        (), max_length=10_000, description="SPIFFE ids let in; `*` at the end takes any rest. Default: none."
    )
    dns_names: Items[str] = Field((), max_length=10_000, description="DNS names let in. Default: none.")


class ExternalAccess(Model):
    """By a server that is asked."""

    protocol: Literal["HTTP", "GRPC"] = Field("HTTP", description="What it speaks. Default: HTTP.")
    backend_ref: BackendObjectReference = Field(description="Where it is.")
    path: str = Field(
        "/", pattern="^/", max_length=1024, description="Prefix of the path that it is asked for. Default: /."
    )
    timeout: PositiveDuration = Field(Duration("1s"), description="Time for its answer, over 0s. Default: 1s.")
    request_headers: Items[HeaderName] = Field((), description="Request headers that it sees. Default: all.")
    response_headers: Items[HeaderName] = Field(
        (), description="Headers of its answer that go on to the backend. Default: none."
    )
    body_bytes: Quantity = Field(
        Quantity("0"),
        description="Bytes of the body that it sees, from its beginning; never more than "
        "`limits.bufferBytesPerConnection`. Default: 0.",
    )
    cache: Duration = Field(
        Duration("0s"), description="Time that its answer holds for all that looks the same to it. Default: 0s."
    )
    on_failure: Literal["Allow", "Deny"] = Field("Deny", description="When it does not answer. Default: Deny.")


class AccessRule(Model):
    """A rule in CEL; the first whose `when` holds decides."""

    name: str = Field(min_length=1, max_length=63, description="Name, for the log.")
    when: str = Field(min_length=1, max_length=4096, description="CEL expression over the request.")
    action: Literal["Allow", "Deny"] = Field(description="What is done.")


class Access(Model):
    """Who may come in; all parts that are set must agree."""

    sources: SourceAccess | None = Field(None, description="By network. Default: all.")
    jwt: JWTAccess | None = Field(None, description="By JSON Web Token. Default: not asked for.")
    api_key: APIKeyAccess | None = Field(None, description="By key. Default: not asked for.")
    basic: BasicAccess | None = Field(None, description="By name and password. Default: not asked for.")
    identity: IdentityAccess | None = Field(None, description="By client certificate. Default: not asked for.")
    external: ExternalAccess | None = Field(None, description="By a server that is asked. Default: none is.")
    rules: Items[AccessRule] = Field((), max_length=256, description="Rules in CEL. Default: none.")
    dry_run: bool = Field(default=False, description="Whether a refusal is only counted and logged. Default: false.")
