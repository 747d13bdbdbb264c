"""What every resource has: kind and version, metadata, nulls as left out, status left alone."""

from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from config.resources.backend import Backend
from config.resources.http_route import HTTPRoute
from config.resources.weir import Weir, WeirSpec


def document(**changes: object) -> dict[str, object]:
    return {"apiVersion": "weir.dev/v1", "kind": "Weir", "metadata": {"name": "edge"}} | changes


def test_has_a_key_and_defaults() -> None:
    """The namespace is `default`; a kind without namespaces has none in its key."""
    assert Weir.read(document()).key == ("Weir", "", "edge")
    backend = document(kind="Backend", spec={"dns": {"name": "a.example", "port": 80}})
    assert Backend.read(backend).key == ("Backend", "default", "edge")
    assert Weir.read(document()).spec == WeirSpec()


def test_takes_what_kubectl_prints() -> None:
    """Null fields, `status` and what an API server writes into metadata are taken."""
    metadata = {"name": "edge", "creationTimestamp": None, "uid": "1", "managedFields": [{"manager": "kubectl"}]}
    resource = Weir.read(document(metadata=metadata, spec={"workers": None}, status={"phase": "x"}))
    assert resource.spec.workers is None
    assert "status" not in resource.model_dump()


def test_refuses_snake_case_and_another_kind() -> None:
    """Only the documented names are read, and only by the model of the kind."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        Weir.read(document(spec={"shutdown_timeout": "1s"}))
    with pytest.raises(ValidationError, match=r"is not weir\.dev/v1 Weir"):
        Weir.read(document(kind="Wier"))
    with pytest.raises(ValidationError, match=r"is not weir\.dev/v1 Weir"):
        Weir.read(document(apiVersion="weir.dev/v2"))


def test_null_in_a_list_stays_wrong() -> None:
    """An API server drops null fields, not null items."""
    route = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "x"}}
    assert HTTPRoute.read(route | {"spec": {"rules": None, "hostnames": None}}).spec.rules
    with pytest.raises(ValidationError):
        HTTPRoute.read(route | {"spec": {"hostnames": [None]}})


def test_survives_pickling() -> None:
    """Resources and their parts go to workers pickled."""
    weir = Weir.read(document(spec={"timeouts": {"head": "3s"}}))
    assert pickle.loads(pickle.dumps(weir)) == weir
