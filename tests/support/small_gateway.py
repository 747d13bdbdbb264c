"""`python -m tests.support.small_gateway ENDPOINT_PORT`: a data path in a process with few file descriptors.

Writes its port, then its CPU time in seconds for each line that it reads, and ends with its input.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time

import uvloop

from tests.support.data_path import gateway
from tests.support.wire import ScriptedEndpoint, answering

DESCRIPTORS = 128


async def serve(endpoint_port: int) -> None:
    """Until the input ends."""
    endpoint = ScriptedEndpoint(answering)
    endpoint.port = endpoint_port
    async with gateway(endpoint, descriptors=DESCRIPTORS) as weir:
        print(weir.port, flush=True)  # noqa: T201
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), flush=True)  # noqa: T201


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    uvloop.run(serve(int(sys.argv[1])))
