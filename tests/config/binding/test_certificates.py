"""References to certificates and authorities: each way of being wrong has the reason that the CRD gives."""

from __future__ import annotations

import base64

import pytest

from tests.config.manifests import (
    Document,
    bound,
    document,
    gateway,
    grant,
    listener,
    listener_reason,
    notes_on,
    reason,
    status,
)

ENCODED = base64.b64encode(b"pem").decode()


def secret(name: str = "pair", *keys: str, **metadata: object) -> Document:
    data = dict.fromkeys(keys or ("tls.crt", "tls.key"), ENCODED)
    return {**document("v1", "Secret", name, **metadata), "data": data}


def bundle(name: str = "ca", key: str = "ca.crt", **metadata: object) -> Document:
    return {**document("v1", "ConfigMap", name, **metadata), "data": {key: "pem"}}


def https(**ref: object) -> Document:
    refs = [{"name": "pair", **ref}]
    return gateway("edge", listener(protocol="HTTPS", port=443, tls={"certificateRefs": refs}))


SECRET_GRANT = grant("vault", {"group": "", "kind": "Secret"}, kind="Gateway")


@pytest.mark.parametrize(
    ("ref", "others", "expected"),
    [
        ({}, [secret()], ("True", "ResolvedRefs")),
        ({}, [], ("False", "InvalidCertificateRef")),
        ({}, [secret("pair", "tls.crt")], ("False", "InvalidCertificateRef")),
        ({"kind": "ConfigMap"}, [secret()], ("False", "InvalidCertificateRef")),
        ({"namespace": "vault"}, [secret(namespace="vault")], ("False", "RefNotPermitted")),
        ({"namespace": "vault"}, [secret(namespace="vault"), SECRET_GRANT], ("True", "ResolvedRefs")),
    ],
)
def test_certificates_of_a_listener(ref: Document, others: list[Document], expected: tuple[str, str]) -> None:
    assert listener_reason(bound(https(**ref), *others), "edge", "ResolvedRefs") == expected


@pytest.mark.parametrize(
    ("ref", "others", "expected"),
    [
        ({}, [], "InvalidClientCertificateRef"),
        ({}, [secret("pair", "tls.key")], "InvalidClientCertificateRef"),
        ({"namespace": "vault"}, [secret(namespace="vault")], "RefNotPermitted"),
    ],
)
def test_client_certificate_of_a_gateway(ref: Document, others: list[Document], expected: str) -> None:
    tls = {"backend": {"clientCertificateRef": {"name": "pair", **ref}}}
    binding = bound(gateway(spec={"tls": tls}), *others)
    assert reason(status(binding, "Gateway", "edge").condition("ResolvedRefs")) == ("False", expected)
    assert notes_on(binding.notes, "warning")["spec.tls"].startswith(expected)


def test_good_client_certificate_of_a_gateway() -> None:
    tls = {"backend": {"clientCertificateRef": {"name": "pair"}}}
    binding = bound(gateway(spec={"tls": tls}), secret())
    assert status(binding, "Gateway", "edge").condition("ResolvedRefs") is None


@pytest.mark.parametrize(
    ("ref", "others", "expected"),
    [
        ({}, [bundle()], ("True", "ResolvedRefs")),
        ({}, [], ("False", "InvalidCACertificateRef")),
        ({}, [bundle(key="other")], ("False", "InvalidCACertificateRef")),
        ({"kind": "Secret"}, [], ("False", "InvalidCACertificateKind")),
        ({"namespace": "vault"}, [bundle(namespace="vault")], ("False", "RefNotPermitted")),
    ],
)
def test_authorities_of_clients_on_https_listeners(
    ref: Document, others: list[Document], expected: tuple[str, str]
) -> None:
    own = {"group": "", "kind": "ConfigMap", "name": "ca", **ref}
    frontend = {"default": {"validation": {"caCertificateRefs": [own]}}}
    listeners = [listener(), listener("https", protocol="HTTPS", port=443, tls={"certificateRefs": [{"name": "pair"}]})]
    binding = bound(gateway("edge", *listeners, spec={"tls": {"frontend": frontend}}), secret(), *others)
    assert listener_reason(binding, "edge", "ResolvedRefs", 1) == expected
    assert listener_reason(binding, "edge", "ResolvedRefs", 0) == ("True", "ResolvedRefs")


def test_own_setting_of_a_port_goes_before_the_default() -> None:
    bad = {"validation": {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "none"}]}}
    frontend = {"default": bad, "perPort": [{"port": 443, "tls": {}}]}
    tls = {"certificateRefs": [{"name": "pair"}]}
    listeners = [
        listener("a", protocol="HTTPS", port=443, tls=tls),
        listener("b", protocol="HTTPS", port=8443, tls=tls),
    ]
    binding = bound(gateway("edge", *listeners, spec={"tls": {"frontend": frontend}}), secret())
    assert listener_reason(binding, "edge", "ResolvedRefs", 0) == ("True", "ResolvedRefs")
    assert listener_reason(binding, "edge", "ResolvedRefs", 1) == ("False", "InvalidCACertificateRef")
