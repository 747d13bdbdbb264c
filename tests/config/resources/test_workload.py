"""What stands beside the routes in a user's files is taken: workloads, Services, slices, ConfigMaps, Namespaces."""

from __future__ import annotations

import yaml

from config.resources import KINDS

FILE = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec: {replicas: 2, template: {spec: {containers: [{name: a, image: b}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: orders, creationTimestamp: null}
spec: {containers: [{name: a, image: b}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders}
spec:
  selector: {app: orders}
  clusterIP: None
  ports: [{name: http, port: 80, targetPort: web}, {name: b, port: 81, targetPort: 8081}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ca}
data: {ca.crt: PEM}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: orders-1, labels: {kubernetes.io/service-name: orders}}
addressType: IPv4
endpoints:
- {addresses: [10.0.0.1], conditions: {ready: true, serving: null}, zone: east, hints: {forZones: [{name: east}]}}
ports: [{name: http, port: 8080, protocol: TCP}]
"""


def test_takes_the_files_of_a_cluster() -> None:
    """Each document is taken by the model of its kind."""
    for document in yaml.safe_load_all(FILE):
        resource = KINDS[document["apiVersion"], document["kind"]].read(document)
        assert resource.metadata.name == document["metadata"]["name"]
