"""Both peers of a gateway in a process of their own, so that what the test counts in its process is the gateway's.

As a program: prints the port of its endpoint, then for each line `PORT COUNT` that it reads asks that gateway `COUNT`
times, one request after the other on one kept-alive connection, and prints how many answers were 200.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

REQUEST = (
    b"GET /some/path?with=query HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: peer/1\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n" + b"x" * 60


@dataclass(slots=True)
class Peers:
    """The process; `port` is its endpoint's."""

    process: asyncio.subprocess.Process
    port: int

    async def ask(self, gateway_port: int, count: int) -> None:
        """Have the client ask so often. Raises AssertionError where an answer was not 200."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{gateway_port} {count}\n".encode())
        assert int(await asyncio.wait_for(self.process.stdout.readline(), 30)) == count


@contextlib.asynccontextmanager
async def peers() -> AsyncIterator[Peers]:
    """The process, until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield Peers(process, int(await process.stdout.readline()))
    finally:
        process.stdin.close()
        await process.wait()


def _serve(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    received = b""
    while data := connection.recv(65536):
        received += data
        while b"\r\n\r\n" in received:
            _, _, received = received.partition(b"\r\n\r\n")
            connection.sendall(ANSWER)


def _ask(port: int, count: int, connections: dict[int, socket.socket]) -> int:
    client = connections.get(port) or connections.setdefault(port, socket.create_connection(("127.0.0.1", port)))
    good = 0
    for _ in range(count):
        client.sendall(REQUEST)
        received = b""
        while not received.endswith(b"x" * 60):
            data = client.recv(65536)
            if not data:
                return good
            received += data
        good += received.startswith(b"HTTP/1.1 200 ")
    return good


def main() -> None:
    """Serve and ask until the end of the input."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)  # noqa: T201
    connections: dict[int, socket.socket] = {}
    for line in sys.stdin:
        port, count = map(int, line.split())
        print(_ask(port, count, connections), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
