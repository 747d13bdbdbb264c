"""Policies between a request and its backend: what each verdict does to the exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from gateway.http import router
from gateway.telemetry import metrics
from policies.policy import AnyPolicy, Policy
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Answer, Ask, Delay, Denial, Verdict
from tests.support.data_path import Gateway, gateway
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, ScriptedEndpoint, answering, respond

GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n"
Decide = Callable[[Subject], Verdict | None]


class Says(Step):
    """Says what it is told to."""

    name = "test"

    def __init__(self, decide: Decide, resume: Callable[[Subject, object], Verdict | None] | None = None) -> None:
        self._decide = decide
        self._resume = resume

    def decide(self, subject: Subject) -> Verdict | None:
        return self._decide(subject)

    def resume(self, subject: Subject, answer: object) -> Verdict | None:
        assert self._resume is not None
        return self._resume(subject, answer)


Under = Callable[..., None]


@pytest.fixture
def under(monkeypatch: pytest.MonkeyPatch) -> Callable[[Gateway, Sequence[Step]], None]:
    """Puts a gateway's one route under steps of the test's own."""

    def put(weir: Gateway, steps: Sequence[Step]) -> None:
        policies: tuple[AnyPolicy, ...] = tuple(
            Policy("test", "body_bytes", lambda _, __, step=step: step)  # type: ignore[misc]
            for step in steps
        )
        monkeypatch.setattr(router, "POLICIES", policies)
        weir.apply(policy={"bodyBytes": "1"})

    return put


def echoing() -> Callable[[EndpointConnection], object]:
    """Answers each request with its head and body."""

    async def script(connection: EndpointConnection) -> None:
        while True:
            head = await connection.head()
            length = 5 if b"Content-Length: 5" in head else 0
            connection.send(respond(head + await connection.body(length)))

    return script


async def test_a_request_that_is_permitted_carries_what_policies_set(under: Under) -> None:
    def tag(subject: Subject) -> None:
        subject.set_request_field(b"x-user", b"alice")
        subject.set_response_field(b"x-policy", b"1")
        subject.response_absent.append((b"x-frame-options", b"x-frame-options: DENY\r\n"))

    async with ScriptedEndpoint(echoing()) as endpoint, gateway(endpoint) as weir:  # type: ignore[arg-type]
        under(weir, [Says(tag)])
        client = await weir.client()
        status, fields, body = await client.ask(GET.replace(b"\r\n\r\n", b"\r\nX-User: mallory\r\n\r\n"))
    assert status == 200
    assert b"x-user: alice" in body
    assert b"mallory" not in body
    assert (fields[b"x-policy"], fields[b"x-frame-options"]) == (b"1", b"DENY")


async def test_a_denial_answers_without_its_reason_and_asks_no_endpoint(under: Under) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        under(weir, [Says(lambda _: Denial(401, "the secret reason", [b"www-authenticate: Bearer\r\n"]))])
        client = await weir.client()
        status, fields, body = await client.ask(GET)
        assert (status, fields[b"www-authenticate"]) == (401, b"Bearer")
        assert fields[b"proxy-status"] == b"weir; error=http_request_denied"
        assert b"secret" not in body
        # The connection lives on.
        assert (await client.ask(GET))[0] == 401
        assert endpoint.connections == 0


async def test_steps_are_asked_in_order_up_to_the_first_that_refuses(under: Under) -> None:
    asked: list[str] = []

    def note(name: str, verdict: Verdict | None = None) -> Step:
        return Says(lambda _: asked.append(name) or verdict)  # type: ignore[func-returns-value]

    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        under(weir, [note("one"), note("two", Denial(403, "no")), note("three")])
        client = await weir.client()
        assert (await client.ask(GET))[0] == 403
    assert asked == ["one", "two"]


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_an_answer_takes_the_place_of_the_backends(under: Under, method: bytes) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        under(weir, [Says(lambda _: Answer(200, [b"content-type: text/plain\r\n"], b"hello"))])
        client = await weir.client()
        client.send(GET.replace(b"GET", method))
        head = await client.head()
        assert b"content-length: 5\r\n" in head
        if method == b"GET":
            assert await client.reader.readexactly(5) == b"hello"
        assert endpoint.connections == 0


async def test_an_answer_of_204_has_neither_body_nor_length(under: Under) -> None:
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint) as weir:
        under(weir, [Says(lambda _: Answer(204))])
        client = await weir.client()
        client.send(GET)
        assert b"content-length" not in await client.head()


async def test_a_delay_holds_the_request_up_and_then_lets_it_go_on(under: Under) -> None:
    async with ScriptedEndpoint(echoing()) as endpoint, gateway(endpoint) as weir:  # type: ignore[arg-type]
        under(weir, [Says(lambda _: Delay(0.05))])
        client = await weir.client()
        begun = asyncio.get_running_loop().time()
        client.send(POST + b"hello")
        status, _, body = await client.answer()
        assert asyncio.get_running_loop().time() - begun >= 0.05
        assert (status, body[-5:]) == (200, b"hello")


async def test_a_body_that_comes_while_a_policy_is_awaited_goes_on_whole(under: Under) -> None:
    asked = asyncio.Event()
    answered = asyncio.Event()

    async def answers(question: object) -> object:
        asked.set()
        await answered.wait()
        return f"{question}!"

    said: list[object] = []
    steps = [Says(lambda _: Ask("who?"), lambda _, answer: said.append(answer))]  # type: ignore[func-returns-value]
    async with ScriptedEndpoint(echoing()) as endpoint, gateway(endpoint, answers=answers) as weir:  # type: ignore[arg-type]
        under(weir, steps)
        client = await weir.client()
        client.send(POST + b"he")
        await asked.wait()
        client.send(b"llo")
        await asyncio.sleep(0.01)
        answered.set()
        status, _, body = await client.answer()
        assert (status, body[-5:], said) == (200, b"hello", ["who?!"])
        assert (await client.ask(GET))[0] == 200


async def test_a_denial_after_a_wait_answers_and_the_connection_lives(under: Under) -> None:
    async def answers(_: object) -> object:
        await asyncio.sleep(0)
        return None

    steps = [Says(lambda _: Ask("who?"), lambda _, __: Denial(403, "nobody"))]
    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, answers=answers) as weir:
        under(weir, steps)
        client = await weir.client()
        for request in (GET, POST + b"hello", GET):
            assert (await client.ask(request))[0] == 403
        assert endpoint.connections == 0


async def test_a_client_that_leaves_ends_the_wait(under: Under) -> None:
    ended: list[bool] = []

    async def answers(_: object) -> object:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(True)
            raise
        return None

    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, answers=answers) as weir:
        under(weir, [Says(lambda _: Ask("who?"))])
        client = await weir.client()
        client.send(GET)
        await until(lambda: bool(weir.service.connection_count))
        await asyncio.sleep(0.02)
        client.reset()
        await until(lambda: ended == [True])
        assert weir.count(metrics.CLIENT_GONE) == 1


async def test_the_time_of_the_whole_request_bounds_a_wait(under: Under) -> None:
    async def answers(_: object) -> object:
        await asyncio.sleep(60)
        return None

    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, answers=answers, route_timeouts={"request_s": 0.2}) as weir,
    ):
        under(weir, [Says(lambda _: Ask("who?"))])
        client = await weir.client()
        assert (await client.ask(GET))[0] == 504


async def test_a_defect_of_a_policy_is_500_and_is_heard_of(under: Under) -> None:
    async def answers(_: object) -> object:
        return None

    def broken(_: Subject, __: object) -> Verdict | None:
        raise ZeroDivisionError

    async with ScriptedEndpoint(answering) as endpoint, gateway(endpoint, answers=answers) as weir:
        under(weir, [Says(lambda _: Ask("who?"), broken)])
        client = await weir.client()
        assert (await client.ask(GET))[0] == 500
        await until(lambda: len(weir.defects) == 1)
        assert isinstance(weir.defects.pop(), ZeroDivisionError)


async def test_a_policys_bound_on_bodies_goes_before_that_of_the_process() -> None:
    async with (
        ScriptedEndpoint(answering) as endpoint,
        gateway(endpoint, process={"limits": {"bodyBytes": "1"}}) as weir,
    ):
        weir.apply(policy={"bodyBytes": "5"})
        client = await weir.client()
        assert (await client.ask(POST + b"hello"))[0] == 200
        weir.apply(policy={"bodyBytes": "4"})
        assert (await client.ask(POST + b"hello"))[0] == 413


async def test_a_policys_time_goes_before_that_of_the_route() -> None:
    async def silent(connection: EndpointConnection) -> None:
        await connection.head()
        await asyncio.sleep(60)

    async with ScriptedEndpoint(silent) as endpoint, gateway(endpoint) as weir:
        weir.apply(policy={"timeouts": {"request": "200ms"}})
        client = await weir.client()
        assert (await client.ask(GET))[0] == 504
