"""YAML on the wire: documents are loaded as a process loads them, and a data path of the test's own serves them."""

from __future__ import annotations

import textwrap

from config.load import load
from config.sources.text import SourceText
from gateway.telemetry import metrics
from tests.support.data_path import Gateway

AROUND = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: g, namespace: d}}
spec:
  gatewayClassName: weir
  addresses: [{{type: IPAddress, value: 127.0.0.1}}]
  listeners: [{{name: http, port: {port}, protocol: HTTP}}]
---
apiVersion: weir.dev/v1
kind: Backend
metadata: {{name: b, namespace: d}}
spec: {{protocol: http1, static: {{endpoints: [{{address: 127.0.0.1, port: 1}}]}}}}
---
"""
"""What the documents of every test stand beside; the endpoints of the backend are those of the data path."""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all, namespace: d}
spec:
  parentRefs: [{name: g}]
  rules: [{backendRefs: [{group: weir.dev, kind: Backend, name: b}]}]
"""
"""Every path to the backend."""


def serve(weir: Gateway, documents: str) -> None:
    """Swap to `documents`, which attach to Gateway `g` and route to Backend `b`, both of namespace `d`."""
    text = AROUND.format(port=weir.port) + textwrap.dedent(documents)
    loaded = load([SourceText("t.yaml", text.encode())], generation=weir.service.generation + 1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    assert not [problem for problem in loaded.problems if "no effect" in problem.message], loaded.problems
    weir.service.apply_snapshot(weir.service.prepare(loaded.snapshot), {("", ""): metrics.PROCESS_SLOTS})


POLICY = """\
---
apiVersion: weir.dev/v1
kind: TrafficPolicy
metadata: {name: p, namespace: d}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: all}]
"""


def serve_policy(weir: Gateway, spec: str, *, route: str = ROUTE, process: str = "{}") -> None:
    """Swap to `route`, of the name `all`, under a TrafficPolicy of `spec`, in a process of the spec `process`."""
    weir_ = f"---\n{{apiVersion: weir.dev/v1, kind: Weir, metadata: {{name: w}}, spec: {process}}}\n"
    serve(weir, route + POLICY + textwrap.indent(textwrap.dedent(spec) + "\n", "  ") + weir_)
