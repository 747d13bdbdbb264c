"""The Secrets that a TrafficPolicy refers to: found, permitted, and with the key that is asked for; or why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.binding.catalog import Catalog
from config.binding.certificates import Flaw, secret_with
from config.binding.grants import Grants
from config.problems import PathPart
from config.resources.references import SecretObjectReference
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import PolicySecret

FIELDS = ("access.jwt.jwks.secretRef", "access.basic.secretRef")
"""By these names a policy's code asks for what it needs."""


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """One reference: its `field`, its place in the document, and the value or the flaw."""

    field: str
    path: tuple[PathPart, ...]
    value: PolicySecret | None
    flaw: Flaw | None


def found_secrets(policy: TrafficPolicy, catalog: Catalog, grants: Grants) -> list[FoundSecret]:
    """All that `policy` refers to, in the order of FIELDS."""
    return [_found(policy, field, ref, key, catalog, grants) for field, ref, key in _references(policy)]


def secrets_of(found: Sequence[FoundSecret]) -> dict[str, PolicySecret]:
    """The values that a policy gets of what was `found` for it, by field."""
    return {each.field: each.value for each in found if each.value is not None}


def _references(policy: TrafficPolicy) -> Iterator[tuple[str, SecretObjectReference, str]]:
    access = policy.spec.access
    if access is None:
        return
    if access.jwt is not None and access.jwt.jwks.secret_ref is not None:
        yield FIELDS[0], access.jwt.jwks.secret_ref, "jwks.json"
    if access.basic is not None and access.basic.secret_ref is not None:
        yield FIELDS[1], access.basic.secret_ref, "auth"


def _found(
    policy: TrafficPolicy, field: str, ref: SecretObjectReference, key: str, catalog: Catalog, grants: Grants
) -> FoundSecret:
    path: tuple[PathPart, ...] = ("spec", *field.split("."))
    if ref.group or ref.kind != "Secret":
        flaw = Flaw("InvalidKind", f"{ref.kind} holds no keys and no passwords, only Secret does")
        return FoundSecret(field, path, None, flaw)
    secret = secret_with((key,), policy, ref, "SecretNotFound", catalog, grants)
    if isinstance(secret, Flaw):
        return FoundSecret(field, path, None, secret)
    name = f"{secret.metadata.namespace}/{secret.metadata.name}"
    return FoundSecret(field, path, PolicySecret(name, secret.value(key)), None)
