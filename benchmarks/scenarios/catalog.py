"""All scenarios, in the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.bench import Scenario
from benchmarks.scenarios.browser import Browser
from benchmarks.scenarios.endpoint_change import EndpointChange
from benchmarks.scenarios.endpoints import Endpoints
from benchmarks.scenarios.idle_connections import IdleConnections
from benchmarks.scenarios.keepalive_small import KeepAliveSmall
from benchmarks.scenarios.large_answers import LargeAnswers
from benchmarks.scenarios.new_connections import NewConnections
from benchmarks.scenarios.open_loop_latency import OpenLoopLatency
from benchmarks.scenarios.policies import Policies
from benchmarks.scenarios.policy_costs import PolicyCosts
from benchmarks.scenarios.reload import Reload
from benchmarks.scenarios.routes import RouteKinds, Routes
from benchmarks.scenarios.start_up import StartUp
from benchmarks.scenarios.uploads import Chunked, Post
from benchmarks.scenarios.workers import Workers

ALL: tuple[Scenario, ...] = (
    KeepAliveSmall(),
    Browser(),
    Policies(),
    PolicyCosts(),
    OpenLoopLatency(),
    NewConnections(),
    Post(),
    Chunked(),
    LargeAnswers("answers-1m", 1 << 20, 16),
    LargeAnswers("answers-100m", 100 << 20, 4),
    Routes(1),
    Routes(10),
    Routes(1_000),
    Routes(10_000),
    RouteKinds(),
    Endpoints(),
    Workers(),
    StartUp(),
    EndpointChange(),
    IdleConnections(),
    Reload(),
)
BY_NAME: Mapping[str, Scenario] = {each.name: each for each in ALL}
