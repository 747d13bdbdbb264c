"""References to certificates and authorities, of Gateways and of policies: whether they resolve, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.binding.bound import BoundGateway, BoundListener
from config.binding.catalog import Catalog
from config.binding.grants import Grants
from config.resources.config_map import ConfigMap
from config.resources.gateway import FrontendTLSConfig, GatewayTLS
from config.resources.references import LocalObjectReference, ObjectReference, SecretObjectReference
from config.resources.resource import Resource
from config.resources.secret import Secret

_PAIR = ("tls.crt", "tls.key")
_BUNDLE = "ca.crt"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a reference does not resolve."""

    reason: str
    message: str


def secret_flaw(
    referrer: Resource, ref: SecretObjectReference, reason: str, catalog: Catalog, grants: Grants
) -> Flaw | None:
    """What is wrong with a reference to a certificate with its key; `reason` is that for one that is no such thing."""
    if ref.group or ref.kind != "Secret":
        return Flaw(reason, f"{ref.kind} is no kind of certificate, only Secret is")
    secret = secret_with(_PAIR, referrer, ref, reason, catalog, grants)
    return secret if isinstance(secret, Flaw) else None


def secret_with(
    keys: Sequence[str],
    referrer: Resource,
    ref: SecretObjectReference,
    reason: str,
    catalog: Catalog,
    grants: Grants,
) -> Secret | Flaw:
    """The Secret that `ref` names, which must have all `keys`; `reason` is that for one that is not there or has not.

    That the reference is one to a Secret is for the caller to see.
    """
    namespace = ref.namespace or referrer.metadata.namespace
    if not grants.permit(referrer, ref.group, ref.kind, namespace, ref.name):
        return Flaw("RefNotPermitted", f"no ReferenceGrant in {namespace} permits Secret {ref.name}")
    secret = catalog.find("Secret", namespace, ref.name)
    if not isinstance(secret, Secret):
        return Flaw(reason, f"there is no Secret {namespace}/{ref.name}")
    missing = [key for key in keys if key not in secret.data and key not in secret.string_data]
    if missing:
        return Flaw(reason, f"Secret {namespace}/{ref.name} has no {' and no '.join(missing)}")
    return secret


def authority_flaw(
    referrer: Resource, ref: LocalObjectReference, kind_reason: str, catalog: Catalog, grants: Grants
) -> Flaw | None:
    """What is wrong with a reference to a bundle of authorities; `kind_reason` is that for a wrong kind."""
    own = referrer.metadata.namespace
    namespace = (ref.namespace or own) if isinstance(ref, ObjectReference) else own
    if ref.group or ref.kind != "ConfigMap":
        return Flaw(kind_reason, f"{ref.kind} is no kind of authority, only ConfigMap is")
    if not grants.permit(referrer, ref.group, ref.kind, namespace, ref.name):
        return Flaw("RefNotPermitted", f"no ReferenceGrant in {namespace} permits ConfigMap {ref.name}")
    bundle = catalog.find("ConfigMap", namespace, ref.name)
    if not isinstance(bundle, ConfigMap):
        return Flaw("InvalidCACertificateRef", f"there is no ConfigMap {namespace}/{ref.name}")
    if _BUNDLE not in bundle.data and _BUNDLE not in bundle.binary_data:
        return Flaw("InvalidCACertificateRef", f"ConfigMap {namespace}/{ref.name} has no {_BUNDLE}")
    return None


def check_gateway_tls(bound: BoundGateway, catalog: Catalog, grants: Grants) -> None:
    """Note on the Gateway and its listeners which references of `tls` do not resolve."""
    for listener in bound.listeners:
        check_listener_tls(listener, catalog, grants)
    tls = bound.gateway.spec.tls
    if tls is not None and tls.backend is not None and tls.backend.client_certificate_ref is not None:
        ref = tls.backend.client_certificate_ref
        if flaw := secret_flaw(bound.gateway, ref, "InvalidClientCertificateRef", catalog, grants):
            bound.unresolved_reason, bound.unresolved_message = flaw.reason, flaw.message


def check_listener_tls(listener: BoundListener, catalog: Catalog, grants: Grants) -> None:
    """Note on one listener which references do not resolve: its own, as those of the resource in which it stands, as no
    grant to a Gateway is one to its ListenerSets (CRD); and the Gateway's for clients of HTTPS.
    """
    refs = listener.spec.tls.certificate_refs if listener.spec.tls else ()
    _unresolved(
        listener,
        [flaw for ref in refs if (flaw := secret_flaw(listener.owner, ref, "InvalidCertificateRef", catalog, grants))],
    )
    if listener.gateway.spec.tls is not None and listener.spec.protocol == "HTTPS":
        _check_clients(listener, listener.gateway.spec.tls, catalog, grants)


def _check_clients(listener: BoundListener, tls: GatewayTLS, catalog: Catalog, grants: Grants) -> None:
    """The authorities that clients of one HTTPS listener are checked against."""
    config = _frontend(tls, listener.spec.port)
    if config is None or config.validation is None:
        return
    refs = config.validation.ca_certificate_refs
    flaws = [
        flaw
        for ref in refs
        if (flaw := authority_flaw(listener.gateway, ref, "InvalidCACertificateKind", catalog, grants))
    ]
    _unresolved(listener, flaws)
    if len(flaws) == len(refs) and not listener.reason:
        listener.reason, listener.message = "NoValidCACertificate", flaws[0].message


def _frontend(tls: GatewayTLS, port: int) -> FrontendTLSConfig | None:
    if tls.frontend is None:
        return None
    return next((own.tls for own in tls.frontend.per_port if own.port == port), tls.frontend.default)


def _unresolved(listener: BoundListener, flaws: Sequence[Flaw]) -> None:
    if flaws and not listener.unresolved_reason:
        listener.unresolved_reason = flaws[0].reason
        listener.unresolved_message = "; ".join(dict.fromkeys(flaw.message for flaw in flaws))
