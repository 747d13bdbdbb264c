"""The questions that active checks ask of an endpoint: by HTTP, by TCP, by a program.

Each one takes and keeps a bounded amount, whatever the endpoint does; how long it may take is up to who asks.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
from contextlib import suppress
from typing import Protocol

import aiohttp
from yarl import URL

from config.resources.backend_policy import ExecProbe, HealthCheck, HTTPProbe, TCPProbe
from discovery.endpoint import Endpoint

BODY_BYTES = 64 * 1024
"""As much of an answer's body is looked at; a connection with more of it is closed."""
IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))
"""Methods whose question may go out again where a kept connection turns out closed (RFC 9110 9.2.2)."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ProbeFailed(Exception):
    """The endpoint is not well: `cause` is one word for metrics, `str(error)` tells the operator."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


CAUSES = ("connect", "timeout", "status", "body", "protocol", "exit", "local")
"""Every `cause` there is. `timeout` is told by who asks; `local` says that this process could not ask, and nothing of
the endpoint."""
LOCAL_ERRORS = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.EAGAIN, errno.EPERM)
)


class Probe(Protocol):
    """Asks endpoints; one object serves all those of a backend, any number at once."""

    async def ask(self, endpoint: Endpoint, port: int) -> None:
        """Return where it is well. Raises ProbeFailed."""

    async def close(self) -> None:
        """Let go of kept connections; nothing runs any more."""


def probe_of(check: HealthCheck, backend: str) -> Probe | None:
    """The probe that `check` describes, for the backend `namespace/name`; None for one that is not carried out."""
    if check.http is not None:
        return HTTPQuestion(check.http, backend, check.interval.seconds)
    if check.tcp is not None:
        return TCPQuestion(check.tcp)
    if check.exec is not None:
        return Program(check.exec, backend)
    return None


class HTTPQuestion:
    """One request over HTTP/1.1, on a connection that is kept from one time to the next."""

    def __init__(self, spec: HTTPProbe, backend: str, interval_s: float) -> None:
        name = backend.partition("/")[2].partition(":")[0] or backend
        self._spec = spec
        self._expected = spec.body_contains.encode() if spec.body_contains is not None else None
        headers = {"Host": spec.host or name, "User-Agent": "weir-health-check", **spec.headers}
        keep = spec.method in IDEMPOTENT
        # A second on top, or every question would find its connection just closed by ourselves.
        connector = aiohttp.TCPConnector(
            limit=0, force_close=not keep, keepalive_timeout=2 * interval_s + 1.0 if keep else None
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=headers,
            skip_auto_headers=("Accept-Encoding",),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Who asks bounds the whole.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            # The bytes as they came: nothing that is packed to the size of a memory is unpacked for a check.
            auto_decompress=False,
        )

    async def ask(self, endpoint: Endpoint, port: int) -> None:
        url = URL(f"http://{_host(endpoint.address)}:{port}{self._spec.path}", encoded=True)
        try:
            async with self._session.request(self._spec.method, url, allow_redirects=False) as answer:
                if not any(span.start <= answer.status <= span.end for span in self._spec.expected_statuses):
                    raise ProbeFailed("status", f"status {answer.status}")
                await self._look_at(answer.content)
        except aiohttp.ClientConnectorError as error:
            raise _unreached(error.os_error) from error
        except aiohttp.ServerDisconnectedError as error:
            raise ProbeFailed("protocol", "it closed the connection without an answer") from error
        except OSError as error:
            raise _unreached(error) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise ProbeFailed("protocol", f"no answer of HTTP: {_short(error)}") from error

    async def _look_at(self, content: aiohttp.StreamReader) -> None:
        """Read the body to its end, so that the connection can be kept, but never more than BODY_BYTES."""
        body = bytearray()
        while len(body) < BODY_BYTES and (part := await content.read(BODY_BYTES - len(body))):
            body += part
            if self._expected is not None and self._expected in body:
                return
        if self._expected is not None:
            raise ProbeFailed("body", f"the body does not contain {_short(self._spec.body_contains)!r}")

    async def close(self) -> None:
        await self._session.close()


class TCPQuestion:
    """A connection of its own each time; what is expected must be the first that comes."""

    def __init__(self, spec: TCPProbe) -> None:
        self._send = (spec.send or "").encode()
        self._expect = (spec.expect or "").encode()

    async def ask(self, endpoint: Endpoint, port: int) -> None:
        expect = self._expect
        try:
            reader, writer = await asyncio.open_connection(endpoint.address, port, limit=max(1, len(expect)))
            try:
                if self._send:
                    writer.write(self._send)
                    await writer.drain()
                came = b""
                while len(came) < len(expect) and expect.startswith(came):
                    part = await reader.read(len(expect) - len(came))
                    if not part:
                        break
                    came += part
            finally:
                if writer.transport.get_write_buffer_size():
                    # It takes nothing: an orderly close would wait for it for ever.
                    writer.transport.abort()
                else:
                    writer.close()
        except OSError as error:
            raise _unreached(error) from error
        if came != expect:
            raise ProbeFailed(
                "body", f"the answer begins with {came[:80]!r}" if came else "it closed without an answer"
            )

    async def close(self) -> None:
        """Nothing is kept."""


class Program:
    """A program with the endpoint in its environment; all that it started ends with it, or with the question.

    It gets `WEIR_BACKEND`, `WEIR_ENDPOINT` (the id), `WEIR_ADDRESS`, `WEIR_PORT` and `PATH`, no input, and what it
    writes is thrown away. A process that leaves the session of the program is out of reach.
    """

    def __init__(self, spec: ExecProbe, backend: str) -> None:
        self._command = list(spec.command)
        self._backend = backend

    async def ask(self, endpoint: Endpoint, port: int) -> None:
        environment = {
            "PATH": os.environ.get("PATH", SYSTEM_PATH),
            "WEIR_BACKEND": self._backend,
            "WEIR_ENDPOINT": endpoint.id,
            "WEIR_ADDRESS": endpoint.address,
            "WEIR_PORT": str(port),
        }
        try:
            # A thread could not be called off between the start and the moment that its process is known here.
            process = subprocess.Popen(  # noqa: ASYNC220, S603
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            cause = "local" if getattr(error, "errno", None) in LOCAL_ERRORS else "exit"
            raise ProbeFailed(cause, f"{self._command[0]} does not start: {_system_words(error)}") from error
        code = await _Running(process).ended()
        if code:
            raise ProbeFailed("exit", f"exit code {code}" if code > 0 else f"ended by signal {-code}")

    async def close(self) -> None:
        """Nothing is kept."""


class _Running:
    """A process that leads a session. It is seen ending before it is reaped, so that its number is its own as long as
    its group is to be killed."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._over = self._loop.create_future()
        self._descriptor = os.pidfd_open(process.pid)
        self._loop.add_reader(self._descriptor, self._reap)

    async def ended(self) -> int:
        """The exit code, negative for a signal; the whole group is killed with it, or where this is called off."""
        try:
            await asyncio.shield(self._over)
        except asyncio.CancelledError:
            self._kill()
            raise
        return self._process.returncode

    def _reap(self) -> None:
        self._kill()
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._process.wait()
        self._over.set_result(None)

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _unreached(error: OSError) -> ProbeFailed:
    return ProbeFailed("local" if error.errno in LOCAL_ERRORS else "connect", _system_words(error))


def _system_words(error: Exception) -> str:
    """`connection refused` and the like, without the addresses that the loop puts around it."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return os.strerror(number).lower()
    return _short(error)


def _short(value: object) -> str:
    """What an endpoint said, or what is said of it, cut for a log line."""
    return " ".join(str(value).split())[:200]
