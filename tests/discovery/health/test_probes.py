"""Questions to real endpoints and programs: what is well, what is not, and what never ends."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from config.resources.backend_policy import HealthCheck
from discovery.endpoint import Endpoint
from discovery.health.probes import BODY_BYTES, Probe, ProbeFailed, probe_of
from tests.support.waiting import until

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BACKEND = "shop/orders:80"


@asynccontextmanager
async def probing(**check: object) -> AsyncIterator[Probe]:
    probe = probe_of(HealthCheck.model_validate(check), BACKEND)
    assert probe is not None
    try:
        yield probe
    finally:
        await probe.close()


@asynccontextmanager
async def endpoint(serve: Serve) -> AsyncIterator[Endpoint]:
    async def safely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(safely, "127.0.0.1", 0)
    try:
        yield Endpoint("e", "127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def failure(probe: Probe, asked: Endpoint) -> tuple[str, str]:
    """Cause and words; two times "" where it is well."""
    try:
        async with asyncio.timeout(10):
            await probe.ask(asked, asked.port)
    except ProbeFailed as error:
        return error.cause, str(error)
    return "", ""


class Answering:
    """Answers each request on a connection with `answer`; keeps the heads, and counts connections."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heads: list[str] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(self.answer)
            await writer.drain()


def answer(status: str = "200 OK", body: bytes = b"fine") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


async def test_question_by_http_is_as_configured_and_keeps_its_connection() -> None:
    serving = Answering(answer())
    http = {"path": "/up?deep=1", "method": "GET", "host": "orders.example", "headers": {"X-Key": "k"}}
    async with endpoint(serving) as asked, probing(http=http) as probe:
        for _ in range(3):
            assert await failure(probe, asked) == ("", "")
    assert serving.connections == 1
    line, *fields = serving.heads[-1].splitlines()
    assert line == "GET /up?deep=1 HTTP/1.1"
    assert "Host: orders.example" in fields and "X-Key: k" in fields
    assert not any(field.lower().startswith("accept-encoding") for field in fields)


async def test_host_is_the_name_of_the_backend_and_a_post_has_a_connection_of_its_own() -> None:
    serving = Answering(answer())
    async with endpoint(serving) as asked, probing(http={"method": "POST"}) as probe:
        assert [await failure(probe, asked) for _ in range(2)] == [("", "")] * 2
    assert serving.connections == 2
    assert "Host: orders\r\n" in serving.heads[0]


@pytest.mark.parametrize(
    ("told", "check", "cause", "words"),
    [
        (answer("503 No"), {}, "status", "status 503"),
        (answer("302 Found"), {}, "status", "status 302"),
        (answer(body=b"well"), {"bodyContains": "fine"}, "body", "does not contain 'fine'"),
        (answer(body=b"x" * BODY_BYTES + b"fine"), {"bodyContains": "fine"}, "body", "does not contain"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", {}, "protocol", "no answer of HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n", {}, "protocol", "no answer of HTTP"),
    ],
)
async def test_what_is_not_well_is_told(told: bytes, check: dict[str, object], cause: str, words: str) -> None:
    async with endpoint(Answering(told)) as asked, probing(http=check) as probe:
        found = await failure(probe, asked)
    assert found[0] == cause
    assert words in found[1]


async def test_other_statuses_may_be_expected_and_the_body_be_looked_at_whole() -> None:
    spread = {"expectedStatuses": [{"start": 300, "end": 302}, {"start": 404, "end": 404}]}
    for status in ("301 Moved", "404 No"):
        async with endpoint(Answering(answer(status))) as asked, probing(http=spread) as probe:
            assert await failure(probe, asked) == ("", "")
    late = answer(body=b"x" * (BODY_BYTES - 4) + b"fine")
    async with endpoint(Answering(late)) as asked, probing(http={"bodyContains": "fine"}) as probe:
        assert await failure(probe, asked) == ("", "")


async def test_no_more_of_a_body_without_end_is_taken_than_is_looked_at() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    async with endpoint(flood) as asked, probing(http={}) as probe:
        assert await failure(probe, asked) == ("", "")
    async with endpoint(flood) as asked, probing(http={"bodyContains": "fine"}) as probe:
        assert (await failure(probe, asked))[0] == "body"
    assert sent < 256 * BODY_BYTES, "what the kernel's buffers hold, not more"


async def test_head_without_end_is_refused() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-more: %b\r\n" % (b"y" * 1000))
            await writer.drain()

    async with endpoint(flood) as asked, probing(http={}) as probe:
        assert (await failure(probe, asked))[0] in ("protocol", "connect")


async def test_nobody_there_and_somebody_who_hangs_up_are_told_apart() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with endpoint(hang_up) as asked, probing(http={}) as probe:
        assert await failure(probe, asked) == ("protocol", "it closed the connection without an answer")
    async with probing(http={}) as probe, probing(tcp={}) as plain:
        assert await failure(probe, asked) == ("connect", "connection refused")
        assert await failure(plain, asked) == ("connect", "connection refused")


async def test_connection_that_was_closed_meanwhile_is_no_failure() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer())

    async with endpoint(once) as asked, probing(http={}) as probe:
        assert [await failure(probe, asked) for _ in range(5)] == [("", "")] * 5


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)


async def test_tcp_sends_and_expects_what_comes_first() -> None:
    async with endpoint(echo) as asked:
        for check, cause in (
            ({}, ""),
            ({"send": "PING\r\n", "expect": "PING"}, ""),
            ({"send": "PANG\r\n", "expect": "PONG"}, "body"),
        ):
            async with probing(tcp=check) as probe:
                assert (await failure(probe, asked))[0] == cause

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"+PONG\r\n":
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)

    async with endpoint(trickle) as asked, probing(tcp={"expect": "+PONG"}) as probe:
        assert await failure(probe, asked) == ("", "")

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    async with endpoint(close) as asked, probing(tcp={"expect": "+"}) as probe:
        assert await failure(probe, asked) == ("body", "it closed without an answer")


ASKED = Endpoint("node/a", "10.0.0.5", 8080)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (["/bin/true"], ("", "")),
        (["/bin/sh", "-c", "exit 3"], ("exit", "exit code 3")),
        (["/bin/sh", "-c", "kill -TERM $$"], ("exit", "ended by signal 15")),
        (["/no/such/program"], ("exit", "/no/such/program does not start: no such file or directory")),
        (["/bin/sh", "-c", "yes | head -c 1000000"], ("", "")),
    ],
)
async def test_exit_code_of_a_program_is_its_result(command: list[str], found: tuple[str, str]) -> None:
    async with probing(exec={"command": command}) as probe:
        assert await failure(probe, ASKED) == found


async def test_program_gets_its_endpoint_and_no_secret_of_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "secret")
    told = tmp_path / "told"
    async with probing(exec={"command": ["/bin/sh", "-c", f"env > {told}"]}) as probe:
        assert await failure(probe, ASKED) == ("", "")
    names = dict(line.split("=", 1) for line in told.read_text().splitlines())
    assert names.keys() - {"PWD", "SHLVL", "_"} == {
        *("PATH", "WEIR_BACKEND", "WEIR_ENDPOINT", "WEIR_ADDRESS", "WEIR_PORT")
    }
    assert (names["WEIR_ENDPOINT"], names["WEIR_ADDRESS"], names["WEIR_PORT"]) == ("node/a", "10.0.0.5", "8080")


def children_named(mark: str) -> list[psutil.Process]:
    """Those that still run."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if mark in (process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


async def test_program_that_hangs_ends_with_the_question_and_so_do_those_that_it_left_behind() -> None:
    mark = f"left-by-{os.getpid()}"
    sleeper = f'{sys.executable} -c "import time; time.sleep(600)" {mark}'
    hanging = {"command": ["/bin/sh", "-c", f"trap '' TERM; {sleeper} & {sleeper}"]}
    async with probing(exec=hanging) as probe:
        asking = asyncio.ensure_future(probe.ask(ASKED, 80))
        await until(lambda: len(children_named(mark)) == 2)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: not children_named(mark))
    async with probing(exec={"command": ["/bin/sh", "-c", f"{sleeper} & sleep 0.01; exit 0"]}) as probe:
        assert await failure(probe, ASKED) == ("", "")
        await until(lambda: not children_named(mark))
    await until(lambda: not [each for each in psutil.Process().children() if each.status() == psutil.STATUS_ZOMBIE])


async def test_no_descriptor_is_left() -> None:
    async with probing(exec={"command": ["/bin/true"]}) as probe:
        await failure(probe, ASKED)
        before = psutil.Process().num_fds()
        for _ in range(5):
            await failure(probe, ASKED)
        assert psutil.Process().num_fds() == before


def highest_descriptor() -> int:
    return max(int(each.name) for each in Path("/proc/self/fd").iterdir())


async def test_what_this_process_lacks_is_no_failure_of_the_endpoint() -> None:
    async with endpoint(echo) as asked, probing(tcp={}) as plain, probing(http={}) as http:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        # No further descriptor than those that there are.
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest_descriptor(), limits[1]))
        held = []
        try:
            with suppress(OSError):
                while True:
                    held.append(os.open("/dev/null", os.O_RDONLY))
            found = [await failure(probe, asked) for probe in (plain, http)]
        finally:
            for descriptor in held:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert found == [("local", "too many open files")] * 2
        assert await failure(plain, asked) == ("", "")


def test_what_is_not_carried_out_has_no_probe() -> None:
    assert probe_of(HealthCheck.model_validate({"grpc": {}}), BACKEND) is None
