"""A small configuration with more documents, linted: one line per finding, without the file."""

from __future__ import annotations

from config.lint.run import lint
from config.load import load
from config.sources.text import SourceText

BASE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: weir
  listeners:
  - {name: http, port: 8080, protocol: HTTP}
---
apiVersion: weir.dev/v1
kind: Backend
metadata: {name: orders, namespace: shop}
spec:
  static: {endpoints: [{address: 127.0.0.1, port: 9001}]}
"""
NOW_S = 1_764_000_000.0
"""2025-11-24T16:00:00Z."""
BACKEND = "backendRefs: [{group: weir.dev, kind: Backend, name: orders}]"


def route(name: str, *rules: str, hostnames: str = "") -> str:
    """An HTTPRoute whose rules have these lists of matches (YAML) and the one backend; a document of its own."""
    head = (
        f"---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: shop}}\n"
    )
    hosts = f"  hostnames: [{hostnames}]\n" if hostnames else ""
    lines = "".join(f"  - matches: {matches}\n    {BACKEND}\n" for matches in rules)
    return f"{head}spec:\n  parentRefs: [{{name: edge}}]\n{hosts}  rules:\n{lines}"


def prefix(value: str, more: str = "") -> str:
    """A list of one prefix match."""
    return f"[{{path: {{type: PathPrefix, value: {value}}}{more}}}]"


def regex(value: str) -> str:
    """A list of one match by regular expression."""
    return f"[{{path: {{type: RegularExpression, value: '{value}'}}}}]"


def linted(*documents: str) -> list[tuple[str, str, str]]:
    """Check, place in the document with the resource, and message, of all findings."""
    loaded = load([SourceText("t.yaml", (BASE + "".join(documents)).encode())], generation=1, previous=None)
    assert loaded.snapshot is not None, loaded.problems
    return [
        (each.check.value, f"{each.problem.resource}: {each.problem.path}", each.problem.message)
        for each in lint(loaded, loaded.snapshot, NOW_S)
    ]
