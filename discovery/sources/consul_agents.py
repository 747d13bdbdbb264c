"""The way to Consul's agents: addresses, ACL token, TLS, and one bounded GET over py-consul's asyncio client."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from consul import aio, base  # type: ignore[import-untyped]

from config.resources.weir import ClientTLS, ConsulAgent
from discovery.sources.source import SourceFailed

T = TypeVar("T")

PORT = 8500
OK = frozenset({200})
ANSWER_LIMIT_BYTES = 64 << 20
"""An agent that sends more is broken, and reading on would cost the supervisor its memory."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AgentClient(aio.HTTPClient):  # type: ignore[misc]
    """py-consul's client with what blocking queries need: connections without bound, all of TLS, bounded bodies."""

    def __init__(
        self,
        host: str,
        port: int,
        scheme: str,
        *,
        tls: ssl.SSLContext | None,
        server_name: str | None,
        connect_s: float,
    ) -> None:
        base.HTTPClient.__init__(self, host, port, scheme, verify=True)
        self._server_name = server_name
        connector = aiohttp.TCPConnector(limit=0, ssl=tls if tls is not None else True)
        # No total bound: a blocking query lasts minutes; who asks has a deadline of its own.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)

    async def _request(
        self,
        callback: Callable[[base.Response], T],
        method: str,
        uri: str,
        headers: dict[str, str] | None,
        data: str | bytes | None = None,
        connections_timeout: float | None = None,
        raw: bool = False,  # noqa: FBT001, FBT002 - py-consul's signature
    ) -> T:
        async with self._session.request(
            method, uri, headers=headers, data=data, server_hostname=self._server_name, allow_redirects=False
        ) as response:
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > ANSWER_LIMIT_BYTES:
                    raise SourceFailed("rubbish", f"an answer of more than {ANSWER_LIMIT_BYTES} bytes")
            return callback(base.Response(response.status, response.headers, bytes(body)))


class ConsulAgents:
    """All agents of the settings, numbered; who asks begins with 0 and goes on to the next one where one fails."""

    def __init__(self, settings: ConsulAgent) -> None:
        self._settings = settings
        self._clients: dict[int, AgentClient] = {}
        self._token_file = _TokenFile(Path(settings.token_file)) if settings.token_file else None

    def __len__(self) -> int:
        return len(self._settings.addresses)

    def address(self, number: int) -> str:
        """The URL of an agent, for logs; as it is written where it cannot be one."""
        written = self._settings.addresses[number % len(self)]
        try:
            scheme, host, port = _place(written, self._settings.tls)
        except ValueError:
            return written
        return f"{scheme}://{host}:{port}"

    async def get(
        self, number: int, path: str, params: Sequence[tuple[str, str]], *, allowed: Collection[int] = OK
    ) -> Reply:
        """Ask agent `number` (modulo their count). Raises SourceFailed for whatever has no `allowed` status."""
        token = self._token_file.read() if self._token_file else self._settings.token
        headers = {"X-Consul-Token": token} if token else {}
        try:
            client = self._client(number % len(self))
            reply: Reply = await client.get(_reply, path, params=list(params), headers=headers)
        except aiohttp.ClientConnectorError as error:
            raise SourceFailed("tls" if isinstance(error, ssl.SSLError) else "connect", str(error)) from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError) as error:
            raise SourceFailed("connect", f"{self.address(number)}: {error}") from error
        except TimeoutError as error:
            raise SourceFailed("timeout", f"{self.address(number)}: {error}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise SourceFailed("rubbish", f"{self.address(number)}: {error}") from error
        except (OSError, ssl.SSLError) as error:
            raise SourceFailed("connect", f"{self.address(number)}: {error}") from error
        if reply.status not in allowed:
            text = reply.body[:200].decode("utf-8", "replace").strip()
            raise SourceFailed(_reason(reply.status), f"{self.address(number)}: {reply.status} {text}")
        return reply

    async def close(self) -> None:
        """Close all connections."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.close()

    def _client(self, number: int) -> AgentClient:
        client = self._clients.get(number)
        if client is None:
            settings = self._settings
            scheme, host, port = _place(settings.addresses[number], settings.tls)
            client = self._clients[number] = AgentClient(
                f"[{host}]" if ":" in host else host,
                port,
                scheme,
                tls=_tls_context(settings.tls) if scheme == "https" else None,
                server_name=settings.tls.server_name if settings.tls and scheme == "https" else None,
                connect_s=settings.timeout.seconds,
            )
        return client


class _TokenFile:
    """A token in a file, read again when the file is another one or has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._token = ""

    def read(self) -> str:
        """The token. Raises SourceFailed where it cannot be read: asking without it would look like an empty answer."""
        try:
            status = self._path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen != self._seen:
                self._token = self._path.read_text(encoding="utf-8").strip()
                self._seen = seen
        except (OSError, UnicodeDecodeError) as error:
            raise SourceFailed("token", f"the token file cannot be read: {error}") from error
        return self._token


def _reply(response: base.Response) -> Reply:
    return Reply(response.code, response.headers, response.body)


def _reason(status: int) -> str:
    if status in (401, 403):
        return "denied"
    return "server_error" if status >= 500 else "refused"


def _place(address: str, tls: ClientTLS | None) -> tuple[str, str, int]:
    """Scheme, host and port of `host:port` or a URL. Raises ValueError for a port that is none."""
    url = urlsplit(address if "://" in address else f"{'https' if tls else 'http'}://{address}")
    return url.scheme, url.hostname or "127.0.0.1", url.port or PORT


def _tls_context(settings: ClientTLS | None) -> ssl.SSLContext:
    """Raises OSError or SSLError for files that cannot be used."""
    settings = settings or ClientTLS()
    context = ssl.create_default_context(cafile=settings.ca_file)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
