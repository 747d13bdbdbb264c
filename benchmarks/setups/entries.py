"""Subjects of a contest that differ by their setup."""

from __future__ import annotations

import http.client

from benchmarks.bench import Bench
from benchmarks.comparison import Entry, Task, Traffic
from benchmarks.http_client import Client
from benchmarks.proxies import Proxy
from benchmarks.setups.proxies import setup_proxy
from benchmarks.setups.setup import Setup


def setup_entry(
    bench: Bench,
    subject: str,
    name: str,
    setup: Setup,
    task: Task,
    probe: Traffic,
) -> Entry:
    """The proxy of that name with that setup. It serves when `probe` is answered with its status."""

    def proxy() -> Proxy:
        return setup_proxy(bench, name, setup, lambda port: serves(port, probe), folder=subject)

    return Entry(subject, proxy, task)


def serves(port: int, probe: Traffic) -> bool:
    """Whether a request of that sort is answered with the right status."""
    client = Client(port, probe.host)
    try:
        return client.get(probe.path, probe.headers).status == probe.expected.status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
