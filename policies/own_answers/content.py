"""A configured answer as it goes over the wire."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.backend_policy import DirectResponse
from policies.verdict import Answer


def answer_of(response: DirectResponse, lines: Sequence[bytes] = ()) -> Answer:
    """`response` with the header `lines`; one without a body says nothing of its type (RFC 9110 8.3)."""
    body = response.body.encode("utf-8")
    kind = b"content-type: %b\r\n" % response.content_type.encode("ascii")
    return Answer(response.status, (kind, *lines) if body else lines, body)
