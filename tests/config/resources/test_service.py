"""Services as Kubernetes writes them."""

from __future__ import annotations

import pytest

from config.resources.service import Service
from tests.config.resources.own_kinds import read, refusal


def test_service_as_a_cluster_gives_it_is_taken_whole() -> None:
    spec = {
        "type": "ClusterIP",
        "clusterIP": "10.0.0.1",
        "clusterIPs": ["10.0.0.1"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10}},
        "selector": {"app": "web"},
        "ports": [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30000}],
    }
    found = read(Service, spec).spec
    assert (found.ports[0].target_port, found.ports[0].protocol) == ("web", "TCP")
    assert found.session_affinity_config is not None and found.session_affinity_config.client_ip is not None


def test_target_port_is_a_number_or_a_name() -> None:
    ports = read(Service, {"ports": [{"port": 80, "targetPort": 8080}, {"port": 81, "targetPort": "web"}]}).spec.ports
    assert [port.target_port for port in ports] == [8080, "web"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"ports": [{}]}, "Field required"),
        ({"ports": [{"port": 0}]}, "greater than or equal to 1"),
        ({"ports": [{"port": 1, "protocol": "QUIC"}]}, "Input should be 'TCP', 'UDP' or 'SCTP'"),
        ({"type": "Other"}, "Input should be 'ClusterIP', 'NodePort', 'LoadBalancer' or 'ExternalName'"),
    ],
)
def test_what_no_service_can_be_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(Service, spec)


def test_service_without_spec_has_no_ports() -> None:
    assert Service.read({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}).spec.ports == ()
