"""From the `access` of a TrafficPolicy to its steps. What reads tokens is imported where somebody asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from config.resources.access import Access
from policies.access.closed import ClosedStep
from policies.access.dry_run import DryRun
from policies.access.material import FixedMaterial, Material
from policies.access.rules import RulesStep
from policies.access.sources import SourcesStep
from policies.environment import Environment
from policies.step import Step

if TYPE_CHECKING:
    from policies.access.htpasswd import PasswordFile
    from policies.access.key_set import KeySet


def compile_sources(access: Access, environment: Environment) -> Step | None:
    """Lets in by network of the client."""
    del environment
    return None if access.sources is None else _tried(access, SourcesStep(access.sources))


def compile_jwt(access: Access, environment: Environment) -> Step | None:
    """Lets in by JSON Web Token."""
    spec = access.jwt
    if spec is None:
        return None
    from policies.access.jwt import JWTStep

    credentials, jwks = environment.credentials, spec.jwks
    keys: Material[KeySet]
    if jwks.file is not None:
        keys = credentials.keys_of_file(Path(jwks.file))
    elif jwks.url is not None:
        keys = credentials.keys_of_url(jwks.url, jwks.refresh.seconds, jwks.timeout.seconds)
    elif (secret := environment.secrets.get("access.jwt.jwks.secretRef")) is not None:
        keys = credentials.keys_of_secret(secret)
    else:
        keys = FixedMaterial(None)
    return _tried(access, JWTStep(spec, keys))


def compile_api_key(access: Access, environment: Environment) -> Step | None:
    """Lets in by API key."""
    spec = access.api_key
    if spec is None:
        return None
    from policies.access.api_key import APIKeyStep

    file = environment.credentials.api_keys_of_file(Path(spec.file)) if spec.file is not None else None
    return _tried(access, APIKeyStep(spec, file))


def compile_basic(access: Access, environment: Environment) -> Step | None:
    """Lets in by user name and password."""
    spec = access.basic
    if spec is None:
        return None
    from policies.access.basic import BasicStep

    credentials = environment.credentials
    passwords: Material[PasswordFile]
    if spec.htpasswd_file is not None:
        passwords = credentials.passwords_of_file(Path(spec.htpasswd_file))
    elif (secret := environment.secrets.get("access.basic.secretRef")) is not None:
        passwords = credentials.passwords_of_secret(secret)
    else:
        passwords = FixedMaterial(None)
    return _tried(access, BasicStep(spec, passwords, credentials.memo_key))


def compile_identity(access: Access, environment: Environment) -> Step | None:
    """Lets in by client certificate; not carried out by this version."""
    del environment
    return None if access.identity is None else _tried(access, ClosedStep("access.identity", "identity"))


def compile_external(access: Access, environment: Environment) -> Step | None:
    """Lets in by what a server says that is asked about each request; over HTTP."""
    spec = access.external
    if spec is None:
        return None
    if spec.protocol == "GRPC":
        return _tried(access, ClosedStep("access.external", "protocol"))
    backend = environment.authorizer
    assert backend is not None, "binding resolves the backendRef of every policy"
    from policies.access.external import ExternalStep
    from policies.access.external_terms import ExternalTerms

    return _tried(access, ExternalStep(ExternalTerms.of_policy(spec), backend, environment.credentials.memo_key))


def compile_rules(access: Access, environment: Environment) -> Step | None:
    """Lets in by conditions on all that those before have found out."""
    if not access.rules:
        return None
    rules = tuple((rule.name, environment.condition(rule.when), rule.action == "Allow") for rule in access.rules)
    return _tried(access, RulesStep(rules))


def _tried(access: Access, step: Step) -> Step:
    return DryRun(step) if access.dry_run else step
