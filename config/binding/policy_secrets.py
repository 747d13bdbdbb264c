"""The Secrets that a TrafficPolicy refers to: found, permitted, and with the key that is asked for; or why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.binding.catalog import Catalog
from config.binding.certificates import Flaw
from config.binding.grants import Grants
from config.problems import PathPart
from config.resources.references import SecretObjectReference
from config.resources.secret import Secret
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


def secrets_of(policy: TrafficPolicy, catalog: Catalog, grants: Grants) -> dict[str, PolicySecret]:
    """The values that `policy` gets, by field."""
    found = found_secrets(policy, catalog, grants)
    return {each.field: each.value for each in found if each.value is not None}


def found_secrets(policy: TrafficPolicy, catalog: Catalog, grants: Grants) -> list[FoundSecret]:
    """All that `policy` refers to, in the order of FIELDS."""
    return [_found(policy, field, ref, key, catalog, grants) for field, ref, key in _references(policy)]


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
    namespace = ref.namespace or policy.metadata.namespace
    name = f"{namespace}/{ref.name}"
    if ref.group or ref.kind != "Secret":
        flaw = Flaw("InvalidKind", f"{ref.kind} holds no keys and no passwords, only Secret does")
    elif not grants.permit(policy, ref.group, ref.kind, namespace, ref.name):
        flaw = Flaw("RefNotPermitted", f"no ReferenceGrant in {namespace} permits Secret {ref.name}")
    else:
        resource = catalog.find("Secret", namespace, ref.name)
        if not isinstance(resource, Secret):
            flaw = Flaw("SecretNotFound", f"there is no Secret {name}")
        elif key not in resource.data and key not in resource.string_data:
            flaw = Flaw("SecretNotFound", f"Secret {name} has no {key}")
        else:
            return FoundSecret(field, path, PolicySecret(name, resource.value(key)), None)
    return FoundSecret(field, path, None, flaw)
