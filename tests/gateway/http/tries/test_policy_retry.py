"""`retry` of a TrafficPolicy, from YAML to the wire: what is tried again, how often, and what others are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from discovery.endpoint import Endpoint, EndpointSet
from gateway.telemetry import metrics
from tests.support.as_written import serve_policy
from tests.support.data_path import BACKEND, Gateway, gateway
from tests.support.wire import EndpointConnection, ScriptedEndpoint, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
PUT = b"PUT /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello"
POST = PUT.replace(b"PUT", b"POST")
QUICK = "backoff: {base: 1ms, max: 1ms}, budget: {percent: 100, minPerSecond: 1000}"
TRUSTING = "{forwarding: {trustedProxies: [127.0.0.0/8]}}"


class Answering:
    """An endpoint that goes through `answers`, over all its connections, and then says `ok`; None breaks off."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    async def __call__(self, connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            body = await connection.body(5) if b"content-length: 5" in head.lower() else b""
            self.heads.append(head.lower())
            self.bodies.append(body)
            answer = self.answers.pop(0) if self.answers else respond(b"ok")
            if answer is None:
                connection.reset()
                return
            connection.send(answer)

    @property
    def numbers(self) -> list[bytes]:
        """What each request said in `x-weir-attempt`."""
        return [head.partition(b"\r\nx-weir-attempt: ")[2].partition(b"\r\n")[0] for head in self.heads]


def status(code: int, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n%b\r\nno" % (code, extra)


@asynccontextmanager
async def trying(
    script: Answering, retry: str, *, process: str = "{}", dead_endpoints: int = 0
) -> AsyncIterator[Gateway]:
    async with (
        ScriptedEndpoint(script) as endpoint,
        gateway(endpoint, dead_endpoints=dead_endpoints) as weir,
    ):
        endpoints = weir.service.backends[BACKEND].backend.view.endpoints
        serve_policy(weir, f"retry: {{{retry}}}", process=process)
        weir.service.apply_endpoints(EndpointSet(BACKEND, endpoints, "static", 0.0))
        yield weir


async def ask(weir: Gateway, request: bytes = GET) -> tuple[int, Mapping[bytes, bytes], bytes]:
    return await (await weir.client()).ask(request)


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        ("gateway-error", status(502)),
        ("5xx", status(500)),
        ("retriable-4xx", status(409)),
        ("reset", None),
        ("5xx", None),
        ("grpc-unavailable", status(200, b"grpc-status: 14\r\n")),
    ],
)
async def test_what_the_policy_names_is_tried_again(on: str, answer: bytes | None) -> None:
    script = Answering(answer)
    async with trying(script, f"on: [{on}], {QUICK}") as weir:
        assert (await ask(weir))[0::2] == (200, b"ok")
        assert script.numbers == [b"", b"2"]
        assert weir.count(metrics.RETRIES) == 1


@pytest.mark.parametrize(("on", "answer", "seen"), [("reset", status(503), 503), ("gateway-error", status(500), 500)])
async def test_what_it_does_not_name_is_not(on: str, answer: bytes, seen: int) -> None:
    script = Answering(answer)
    async with trying(script, f"on: [{on}], {QUICK}") as weir:
        assert (await ask(weir))[0] == seen
        assert len(script.heads) == 1


async def test_each_try_says_its_number_and_the_answer_how_many_there_were() -> None:
    script = Answering(*[status(503)] * 9)
    async with trying(script, f"on: [5xx], attempts: 3, {QUICK}") as weir:
        found, fields, body = await ask(weir)
        assert (found, body, fields[b"x-weir-attempt"]) == (503, b"no", b"4")
        assert script.numbers == [b"", b"2", b"3", b"4"]


async def test_a_failed_connection_is_tried_again_for_any_method_where_the_policy_says_so() -> None:
    script = Answering()
    async with trying(script, f"attempts: 5, {QUICK}", dead_endpoints=3) as weir:
        for _ in range(4):
            assert (await ask(weir, POST))[0] == 200
        assert script.bodies == [b"hello"] * 4


async def test_a_policy_without_further_attempts_lets_a_failed_connection_stand() -> None:
    async with trying(Answering(), "attempts: 0", dead_endpoints=1) as weir:
        found = [await ask(weir) for _ in range(2)]
        assert sorted(status for status, _, _ in found) == [200, 502]
        assert [fields[b"x-weir-attempt"] for status, fields, _ in found if status == 502] == [b"1"]


async def test_what_must_not_be_done_twice_is_so_only_where_the_policy_says_so() -> None:
    script = Answering(status(503), status(503))
    async with trying(script, f"on: [5xx], {QUICK}") as weir:
        assert (await ask(weir, POST))[0] == 503
        serve_policy(weir, f"retry: {{on: [5xx], nonIdempotent: true, {QUICK}}}")
        assert (await ask(weir, POST))[0] == 200
        assert script.bodies == [b"hello"] * 3


async def test_a_body_over_the_buffer_is_not_tried_again() -> None:
    script = Answering(status(503), status(503))
    async with trying(script, f"on: [5xx], bufferBytes: 4, {QUICK}") as weir:
        assert (await ask(weir, PUT))[0] == 503
        serve_policy(weir, f"retry: {{on: [5xx], bufferBytes: 5, {QUICK}}}")
        assert (await ask(weir, PUT))[0] == 200


async def test_a_body_that_was_taken_whole_is_tried_again_however_large() -> None:
    script = Answering(status(503))
    async with trying(script, f"on: [5xx], {QUICK}") as weir:
        serve_policy(weir, f"retry: {{on: [5xx], bufferBytes: 1, {QUICK}}}\nbuffering: {{maxBytes: 1Mi}}")
        assert (await ask(weir, PUT))[0] == 200
        assert script.bodies == [b"hello"] * 2


async def test_a_try_that_takes_too_long_is_given_up() -> None:
    async def slow(connection: EndpointConnection) -> None:
        await connection.head()
        if connection.number:
            connection.send(respond(b"ok"))
        await connection.reader.read()

    async with ScriptedEndpoint(slow) as endpoint, gateway(endpoint) as weir:
        endpoints = weir.service.backends[BACKEND].backend.view.endpoints
        serve_policy(weir, f"retry: {{on: [timeout], perTryTimeout: 50ms, {QUICK}}}")
        weir.service.apply_endpoints(EndpointSet(BACKEND, endpoints, "static", 0.0))
        assert (await ask(weir))[0] == 200
        assert weir.count(metrics.TIMEOUT_BACKEND_REQUEST) == 1


async def test_retry_after_is_waited_for() -> None:
    script = Answering(status(503, b"retry-after: 1\r\n"))
    async with trying(script, f"on: [5xx], {QUICK}") as weir:
        begun_s = asyncio.get_running_loop().time()
        assert (await ask(weir))[0] == 200
        assert asyncio.get_running_loop().time() - begun_s >= 0.99


@pytest.mark.parametrize("seconds", [11, 3])
async def test_a_retry_after_past_the_time_left_goes_to_the_client(seconds: int) -> None:
    script = Answering(status(503, b"retry-after: %d\r\n" % seconds))
    async with trying(script, f"on: [5xx], {QUICK}") as weir:
        serve_policy(weir, f"retry: {{on: [5xx], {QUICK}}}\ntimeouts: {{request: 2s}}")
        found, fields, _ = await ask(weir)
        assert (found, fields[b"retry-after"], fields[b"x-weir-attempt"]) == (503, b"%d" % seconds, b"1")


async def test_retries_stay_within_their_budget() -> None:
    script = Answering(*[status(503)] * 999)
    async with trying(script, "on: [5xx], backoff: {base: 1ms}, budget: {percent: 20, minPerSecond: 0}") as weir:
        client = await weir.client()
        for _ in range(50):
            assert (await client.ask(GET))[0] == 503
        assert len(script.heads) == 60
        assert weir.count(metrics.RETRIES_OVER_BUDGET) == 40


async def test_a_try_of_a_trusted_gateway_before_is_not_tried_again_and_counts() -> None:
    script = Answering(*[status(503)] * 999)
    again = GET.replace(b"Host", b"X-Weir-Attempt: 2\r\nHost")
    retry = "on: [5xx], backoff: {base: 1ms}, budget: {percent: 50, minPerSecond: 0}"
    async with trying(script, retry, process=TRUSTING) as weir:
        client = await weir.client()
        for _ in range(2):
            assert (await client.ask(again))[1][b"x-weir-attempt"] == b"1"
        assert script.numbers == [b"2", b"2"]
        for _ in range(6):
            await client.ask(GET)
        # Three of eight would be within half of six, and two were made before.
        assert len(script.heads) == 9


async def test_nobody_else_says_which_try_it_is() -> None:
    script = Answering(status(503))
    async with trying(script, f"on: [5xx], {QUICK}") as weir:
        assert (await ask(weir, GET.replace(b"Host", b"X-Weir-Attempt: 7\r\nHost")))[0] == 200
        assert script.numbers == [b"", b"2"]


async def test_a_failure_that_a_gateway_behind_gave_up_on_is_passed_on() -> None:
    script = Answering(status(503, b"x-weir-attempt: 3\r\n"))
    async with trying(script, f"on: [5xx], {QUICK}") as weir:
        found, fields, _ = await ask(weir)
        assert (found, fields[b"x-weir-attempt"]) == (503, b"3")
        assert len(script.heads) == 1


async def test_another_endpoint_is_asked_first() -> None:
    bad, good = Answering(*[status(503)] * 99), Answering()
    async with ScriptedEndpoint(good) as other, trying(bad, f"on: [5xx], {QUICK}") as weir:
        first = weir.service.backends[BACKEND].backend.view.endpoints
        both = (*first, Endpoint("other", "127.0.0.1", other.port))
        weir.service.apply_endpoints(EndpointSet(BACKEND, both, "static", 0.0))
        assert [(await ask(weir))[0] for _ in range(6)] == [200] * 6
        assert len(good.heads) == 6
