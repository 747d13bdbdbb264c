"""All health together: real endpoints, one view per backend, and alarms for what ends by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager

import pytest

from config.resources.weir import WeirSpec
from config.snapshot import BackendPlan
from discovery.endpoint import Endpoint, EndpointSet
from discovery.health import board as board_module
from discovery.health.board import HealthBoard
from discovery.health.by_hand import Action, ByHand, Setting
from tests.support.endpoints import DiscoveryRuntime, endpoint, endpoint_set, plan
from tests.support.health import SickEndpoint
from tests.support.waiting import until

BACKEND = "shop/orders"
FAST = {"interval": "20ms", "fastInterval": "20ms", "timeout": "300ms"}
CHECK = {"healthCheck": {"http": {"path": "/healthz"}, **FAST}}
CAUSE = "consecutive5xx"


class Board:
    """The board, and what it published."""

    def __init__(self, runtime: DiscoveryRuntime) -> None:
        self.published: list[EndpointSet] = []
        self.asked: list[str] = []
        self.board = HealthBoard(runtime, self.published.append, self.asked.append, ByHand())

    def configure(self, policy: Mapping[str, object] | None = None, **process: object) -> BackendPlan:
        made = plan(policy=policy, name=BACKEND)
        self.board.configure({BACKEND: made}, WeirSpec.model_validate(process))
        return made

    def tell(self, *endpoints: Endpoint) -> None:
        self.board.view_changed(endpoint_set(endpoints))

    def shown(self) -> dict[str, Endpoint]:
        return {each.id: each for each in self.published[-1].endpoints}

    def healthy(self) -> set[str]:
        return {identity for identity, each in self.shown().items() if each.healthy}


@asynccontextmanager
async def boarding() -> AsyncIterator[Board]:
    runtime = DiscoveryRuntime()
    board = Board(runtime)
    try:
        yield board
    finally:
        await board.board.close()
        await runtime.close()


def at(identity: str, server: SickEndpoint) -> Endpoint:
    return Endpoint(identity, "127.0.0.1", server.port)


def by_hand(action: Action, left_s: float, weight: int = 0) -> Setting:
    now_s = DiscoveryRuntime().unix_s()
    return Setting(BACKEND, "e1", action, now_s, now_s + left_s, weight, "", "ops")


async def test_without_a_policy_views_pass_as_they_are() -> None:
    async with boarding() as board:
        board.tell(endpoint(9))
        assert board.published == [], "a backend that is not configured"
        board.configure()
        board.tell(endpoint(1), endpoint(2))
        assert board.published == [endpoint_set([endpoint(1), endpoint(2)])]
        assert board.board.views() == {BACKEND: board.published[-1]}


async def test_sick_endpoint_leaves_the_view_and_comes_back() -> None:
    with SickEndpoint("one") as one, SickEndpoint("two") as two:
        async with boarding() as board:
            board.configure(CHECK)
            board.tell(at("one", one), at("two", two))
            await until(lambda: board.board.readings()[0].checks["passed"] >= 2 and board.healthy() == {"one", "two"})
            one.fall_sick("status")
            await until(lambda: board.healthy() == {"two"})
            (reason,) = board.board.describe(BACKEND)["one"]["reasons"]
            assert str(reason).endswith(" in a row: status 500")
            one.recover()
            await until(lambda: board.healthy() == {"one", "two"})


async def test_results_are_gathered_before_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "SOON_S", 3600.0)
    with ExitStack() as stack:
        servers = [stack.enter_context(SickEndpoint(str(number))) for number in range(20)]
        async with boarding() as board:
            board.configure({**CHECK, "outlierDetection": {}})
            board.tell(*(at(server.name, server) for server in servers))
            await until(lambda: min(server.checks for server in servers) >= 2)
            assert len(board.published) == 1
            board.board.struck(BACKEND, "7", CAUSE)
            assert len(board.published) == 2, "what traffic saw is shown at once, with all that is known by then"
            assert board.healthy() == {server.name for server in servers} - {"7"}


async def test_same_plan_goes_on_with_its_checks_and_another_check_replaces_them() -> None:
    with SickEndpoint("one") as one:
        async with boarding() as board:
            made = board.configure(CHECK)
            board.tell(at("one", one))
            await until(lambda: one.checks >= 2)
            assert one.connections == 1
            board.board.configure({BACKEND: made}, WeirSpec())
            await until(lambda: one.checks >= 5)
            assert one.connections == 1, "the same questions over the same connection"
            board.configure({"healthCheck": {"tcp": {}, **FAST}})
            await until(lambda: one.connections >= 3)
            asked = one.checks
            board.configure()
            await until(lambda: len(asyncio.all_tasks()) == 1)
            assert one.checks == asked
            assert board.board.readings()[0].checks == {}


async def test_backend_that_leaves_is_asked_no_more() -> None:
    with SickEndpoint("one") as one:
        async with boarding() as board:
            board.configure(CHECK)
            board.tell(at("one", one))
            await until(lambda: one.checks >= 1)
            board.board.configure({}, WeirSpec())
            await until(lambda: len(asyncio.all_tasks()) == 1)
            assert (board.board.readings(), board.board.names(), board.board.views()) == ((), (), {})


async def test_program_runs_only_where_it_is_permitted() -> None:
    policy = {"healthCheck": {"exec": {"command": ["/bin/false"]}, **FAST, "unhealthyThreshold": 1}}
    async with boarding() as board:
        board.configure(policy)
        board.tell(endpoint(1), endpoint(2))
        assert len(asyncio.all_tasks()) == 1
        board.configure(policy, allowExecHealthChecks=True)
        await until(lambda: board.healthy() == set())
        board.configure(policy)
        assert board.healthy() == {"e1", "e2"}


async def test_strikes_eject_and_the_time_brings_back() -> None:
    detection = {"outlierDetection": {"baseEjectionTime": "50ms", "maxEjectionPercent": 50, "failurePercent": 50}}
    async with boarding() as board:
        board.configure(detection)
        board.tell(*(endpoint(number) for number in range(4)))
        board.board.struck(BACKEND, "e1", CAUSE)
        board.board.struck("shop/other", "e1", CAUSE)
        board.board.counted(BACKEND, {"e2": (200, 200)})
        assert board.healthy() == {"e0", "e3"}
        await until(lambda: board.healthy() == {"e0", "e1", "e2", "e3"})
        assert board.board.readings()[0].ejections == {
            **dict.fromkeys(board.board.readings()[0].ejections, 0),
            CAUSE: 1,
            "failurePercent": 1,
        }


async def test_settings_by_hand_hold_over_reloads_until_they_end() -> None:
    async with boarding() as board:
        board.configure()
        board.tell(endpoint(1), endpoint(2))
        board.board.set_by_hand(by_hand(Action.WEIGHT, 60.0, 7))
        board.board.set_by_hand(by_hand(Action.DRAIN, 0.1))
        assert (board.shown()["e1"].serving, board.shown()["e1"].weight) == (False, 7)
        board.configure(CHECK)
        board.configure()
        board.tell(endpoint(1), endpoint(2), endpoint(3))
        assert not board.shown()["e1"].serving
        await until(lambda: board.shown()["e1"].serving)
        assert board.board.take_back_by_hand(BACKEND, "e1", Action.WEIGHT)
        assert board.shown()["e1"] == endpoint(1)
        assert not board.board.take_back_by_hand(BACKEND, "e1", Action.WEIGHT)


async def test_taking_an_ejection_back_by_hand_ends_that_of_traffic_too() -> None:
    async with boarding() as board:
        board.configure({"outlierDetection": {}})
        board.tell(endpoint(1), endpoint(2))
        board.board.struck(BACKEND, "e1", CAUSE)
        assert board.healthy() == {"e2"}
        assert board.board.take_back_by_hand(BACKEND, "e1", Action.EJECT)
        assert board.healthy() == {"e1", "e2"}


@pytest.mark.parametrize("how", ["silence", "endless", "refuse", "words"])
async def test_every_sickness_is_found(how: str) -> None:
    check = {"http": {"path": "/healthz", "bodyContains": "fine"}, **FAST}
    with SickEndpoint("one") as one, SickEndpoint("two") as two:
        async with boarding() as board:
            board.configure({"healthCheck": check})
            board.tell(at("one", one), at("two", two))
            await until(lambda: board.board.readings()[0].checks["passed"] >= 2)
            one.fall_sick(how)
            await until(lambda: board.healthy() == {"two"})
