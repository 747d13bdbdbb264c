"""Short ways to write resources in tests of binding and loading, as the documents that a YAML loader gives."""

from __future__ import annotations

from config.binding.bind import Binding, bind
from config.binding.catalog import Catalog, Note
from config.problems import join_path
from config.resources import KINDS, Resource
from config.status import Condition, ResourceStatus

Document = dict[str, object]
GATEWAY_API = "gateway.networking.k8s.io/v1"
WEIR_API = "weir.dev/v1"
BACKEND_REF: Document = {"group": "weir.dev", "kind": "Backend", "name": "orders"}


def document(api_version: str, kind: str, name: str, spec: object = None, **metadata: object) -> Document:
    """A document; `metadata` takes namespace, labels, creationTimestamp, generation."""
    whole: Document = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", **metadata},
    }
    return whole if spec is None else {**whole, "spec": spec}


def gateway(name: str = "edge", *listeners: Document, spec: Document | None = None, **metadata: object) -> Document:
    """A Gateway, by default with one listener for HTTP on 8080."""
    own = {"gatewayClassName": "weir", "listeners": list(listeners) or [listener()], **(spec or {})}
    return document(GATEWAY_API, "Gateway", name, own, **metadata)


def listener(name: str = "http", **fields: object) -> Document:
    """A listener for HTTP on 8080 unless told otherwise."""
    return {"name": name, "port": 8080, "protocol": "HTTP", **fields}


def route(name: str = "orders", *rules: Document, spec: Document | None = None, **metadata: object) -> Document:
    """An HTTPRoute on Gateway `edge`, by default with one rule to Backend `orders`."""
    own = {"parentRefs": [{"name": "edge"}], "rules": list(rules) or [{"backendRefs": [BACKEND_REF]}], **(spec or {})}
    return document(GATEWAY_API, "HTTPRoute", name, own, **metadata)


def backend(name: str = "orders", *, spec: Document | None = None, **metadata: object) -> Document:
    """A Backend of one static endpoint."""
    own = spec or {"static": {"endpoints": [{"address": "127.0.0.1", "port": 9001}]}}
    return document(WEIR_API, "Backend", name, own, **metadata)


def service(name: str = "web", *ports: Document, spec: Document | None = None, **metadata: object) -> Document:
    """A Service, by default with the one port 80."""
    return document("v1", "Service", name, {"ports": list(ports) or [{"port": 80}], **(spec or {})}, **metadata)


def grant(
    namespace: str, to: Document, *, kind: str = "HTTPRoute", group: str = "gateway.networking.k8s.io"
) -> Document:
    """A ReferenceGrant in `namespace` for `kind` of namespace shop."""
    spec = {"from": [{"group": group, "kind": kind, "namespace": "shop"}], "to": [to]}
    return document(GATEWAY_API, "ReferenceGrant", "grant", spec, namespace=namespace)


def resources(*documents: Document) -> list[Resource]:
    """The resources that `documents` describe."""
    return [KINDS[str(each["apiVersion"]), str(each["kind"])].read(each) for each in documents]


def catalog(*documents: Document) -> Catalog:
    """The catalog of them."""
    return Catalog(resources(*documents))


def bound(*documents: Document) -> Binding:
    """What binding makes of them."""
    return bind(resources(*documents))


def status(binding: Binding, kind: str, name: str) -> ResourceStatus:
    """The status of the one resource of that kind and name."""
    (found,) = [each for each in binding.statuses if (each.kind, each.name) == (kind, name)]
    return found


def parent_condition(binding: Binding, kind: str, name: str, type_: str, parent: int = 0) -> Condition | None:
    """The condition of that type that a parent of a route, or a target of a policy, has; None where there is none."""
    conditions = status(binding, kind, name).parents[parent].conditions
    return next((found for found in conditions if found.type == type_), None)


def reason(condition: Condition | None) -> tuple[str, str]:
    """Status and reason, as `("False", "InvalidKind")`."""
    assert condition is not None
    return condition.status, condition.reason


def listener_reason(binding: Binding, name: str, type_: str, position: int = 0) -> tuple[str, str]:
    """Status and reason of the condition of that type of a Gateway's listener."""
    conditions = status(binding, "Gateway", name).listeners[position].conditions
    return reason(next(found for found in conditions if found.type == type_))


def notes_on(notes: tuple[Note, ...] | list[Note], severity: str = "error") -> dict[str, str]:
    """The messages of the notes of one severity, by path."""
    return {join_path(note.path): note.message for note in notes if note.severity == severity}
