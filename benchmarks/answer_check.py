"""Whether a proxy answers rightly: status and body of many answers, compared before and after load."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from benchmarks.http_client import Answer, Client
from benchmarks.wrk import LoadReport

CONNECTIONS = 8
REQUESTS_PER_CONNECTION = 50


class WrongAnswer(Exception):
    """A proxy answered something else than the origin, or not at all; the message says what."""


def check_answers(port: int, host: str, path: str, headers: Mapping[str, str], expected: Answer) -> None:
    """Ask some hundred times over a few connections. Raises WrongAnswer with the first answer that differs."""
    for _ in range(CONNECTIONS):
        client = Client(port, host)
        try:
            for _ in range(REQUESTS_PER_CONNECTION):
                found = client.get(path, headers)
                if found != expected:
                    raise WrongAnswer(f"{found.status} with {found.body[:80]!r}, {len(found.body)} bytes")
        except (OSError, http.client.HTTPException) as error:
            raise WrongAnswer(f"no answer: {error!r}") from None
        finally:
            client.close()


def check_load(report: LoadReport, least_bytes: int) -> None:
    """Raises WrongAnswer where wrk saw a failure, or got less than `least_bytes` of body per answer."""
    if report.not_2xx:
        raise WrongAnswer(f"{report.not_2xx} of {report.requests} answers were not 2xx")
    if report.socket_errors:
        raise WrongAnswer(f"{report.socket_errors} connections failed or timed out")
    if report.answer_bytes < report.requests * least_bytes:
        mean_bytes = report.answer_bytes / report.requests
        raise WrongAnswer(f"answers of {mean_bytes:.0f} bytes, head and all; the body alone has {least_bytes}")
