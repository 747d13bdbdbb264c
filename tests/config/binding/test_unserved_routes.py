"""Routes of kinds that are not carried: what they refer to is looked up all the same."""

from __future__ import annotations

import pytest

from config.binding.backends import Backends
from config.binding.grants import Grants
from config.binding.policies import bind_policies
from config.binding.unserved_routes import resolve_refs
from config.problems import join_path
from config.resources.tcp_route import TCPRoute
from config.resources.tls_route import TLSRoute
from config.resources.udp_route import UDPRoute
from tests.config.manifests import BACKEND_REF, GATEWAY_API, Document, backend, catalog, document, resources

MISSING = {**BACKEND_REF, "name": "none"}


def unresolved(kind: str, spec: Document) -> dict[str, str]:
    found = catalog(backend())
    grants = Grants(found)
    policies = bind_policies(found, grants, []).backends
    (own,) = resources(document(GATEWAY_API, kind, "a", spec))
    assert isinstance(own, TLSRoute | TCPRoute | UDPRoute)
    backends = Backends(found, grants, policies)
    compiled = resolve_refs(own, backends)
    assert compiled.rules == []
    return {join_path(failure.path): failure.reason for failure in compiled.unresolved}


@pytest.mark.parametrize(("kind", "extra"), [("TCPRoute", {}), ("UDPRoute", {}), ("TLSRoute", {"hostnames": ["a.b"]})])
def test_backends_of_stream_routes_are_looked_up(kind: str, extra: Document) -> None:
    spec = {"rules": [{"backendRefs": [BACKEND_REF, MISSING]}], **extra}
    assert unresolved(kind, spec) == {"spec.rules[0].backendRefs[1].name": "BackendNotFound"}
