"""The collector is held while large things are built, and the data path leaves it nothing to do."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Iterator

import pytest

from config.diff import diff
from config.load import load
from config.sources.text import SourceText
from gateway.garbage import collection_held, let_go
from gateway.parcel import Contents, pack, unpack
from tests.support.data_path import gateway
from tests.support.waiting import until
from tests.support.wire import ScriptedEndpoint, answering

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_is_held_until_the_last_one_lets_go() -> None:
    with collection_held():
        with collection_held():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failure_lets_go_too() -> None:
    with pytest.raises(ValueError, match="broken"), collection_held():
        raise ValueError("broken")
    assert gc.isenabled()


def test_what_is_alive_at_the_end_is_not_visited_again() -> None:
    with collection_held():
        made = [[] for _ in range(1000)]  # type: ignore[var-annotated]
    assert gc.get_freeze_count() >= len(made)


def test_garbage_of_before_is_not_kept() -> None:
    class Cyclic:
        pass

    cyclic = Cyclic()
    cyclic.itself = cyclic  # type: ignore[attr-defined]
    alive = weakref.ref(cyclic)
    del cyclic
    with collection_held():
        assert alive() is None


DOCUMENTS = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: weir
  listeners: [{name: http, port: 8080, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a}
spec:
  parentRefs: [{name: edge}]
  rules: [{backendRefs: [{name: b, group: weir.dev, kind: Backend}]}]
---
apiVersion: weir.dev/v1
kind: Backend
metadata: {name: b}
spec: {static: {endpoints: [{address: 127.0.0.1, port: 1}]}}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("port: 1}", "port: 2}"),
        ("name: b, group", "name: missing, group"),
        ("rules:", "ruels:"),
        ("port: 8080", "port: eighty"),
        ("apiVersion: weir", "a: [\napiVersion: weir"),
    ],
)
def test_a_load_leaves_no_cycles_whatever_comes_of_it(old: str, new: str) -> None:
    def judged() -> None:
        before = load([SourceText("a.yaml", DOCUMENTS.encode())], generation=1, previous=None).snapshot
        assert before is not None
        after = load([SourceText("a.yaml", DOCUMENTS.replace(old, new).encode())], generation=2, previous=before)
        if after.snapshot is not None:
            diff(before, after.snapshot)
            unpack(pack(Contents(after.snapshot, {}), Contents(before, {})), Contents(before, {}))

    judged()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    judged()
    gc.collect()
    gc.set_debug(0)
    found = Counter(type(each).__name__ for each in gc.garbage)
    gc.garbage.clear()
    assert not found


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"timeouts": {"request": "10s"}, "bodyBytes": "1Ki", "tags": [{"name": "team", "value": "blue"}]},
        {"fault": {"delay": {"percent": 100, "duration": "1ms"}}},
    ],
    ids=["no policy", "policies that are asked", "a policy that is awaited"],
)
async def test_connections_and_exchanges_leave_no_cycles(policy: dict[str, object]) -> None:
    """What `gc.freeze` and a held collector rest upon."""
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        if policy:
            weir.apply(policy=policy)

        async def visit() -> None:
            client = await weir.client()
            for _ in range(3):
                assert (await client.ask(GET))[0] == 200
            client.close()
            await client.writer.wait_closed()

        await visit()
        await until(lambda: weir.service.connection_count == 0)
        gc.collect()
        gc.disable()
        for _ in range(5):
            await visit()
        await until(lambda: weir.service.connection_count == 0)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
        packages = ("gateway.", "policies.")
        ours = Counter(type(each).__name__ for each in gc.garbage if type(each).__module__.startswith(packages))
        gc.garbage.clear()
    assert not ours


def test_parts_are_let_go_one_by_one() -> None:
    order: list[int] = []

    class Part:
        def __del__(self) -> None:
            order.append(len(some) + len(others))

    some = [Part() for _ in range(3)]
    others = {number: Part() for number in range(3)}
    let_go([some, others])
    assert order == [5, 4, 3, 2, 1, 0]
