"""The collector is held while large things are built, and the data path leaves it nothing to do."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from gateway.garbage import collection_held, let_go
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
    with collection_held(freeze=True):
        made = [[] for _ in range(1000)]  # type: ignore[var-annotated]
    assert gc.get_freeze_count() >= len(made)


async def test_connections_and_exchanges_leave_no_cycles() -> None:
    """What `gc.freeze` and a held collector rest upon."""
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:

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
        ours = Counter(type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("gateway."))
        gc.garbage.clear()
    assert not ours


def test_parts_are_let_go_one_by_one() -> None:
    order: list[int] = []

    class Part:
        def __init__(self, number: int) -> None:
            self.number = number

        def __del__(self) -> None:
            order.append(len(parts))

    parts: list[object] = [Part(number) for number in range(3)]
    let_go(parts)
    assert (parts, order) == ([], [2, 1, 0])
