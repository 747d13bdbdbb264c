"""Security headers, each where it is asked for."""

from __future__ import annotations

import pytest

from config.resources.shaping import SecurityHeaders
from policies.security_headers.step import compile_security_headers
from tests.support.subjects import environment, subject


def added(fields: dict[str, object], scheme: bytes = b"https") -> list[tuple[bytes, bytes]]:
    step = compile_security_headers(SecurityHeaders.model_validate(fields), environment())
    assert step is not None
    asked = subject(scheme=scheme)
    step.decide(asked)
    assert all(line.startswith(name + b": ") and line.endswith(b"\r\n") for name, line in asked.response_absent)
    return [(name, line.partition(b": ")[2].strip()) for name, line in asked.response_absent]


def test_the_default_is_that_types_are_not_guessed() -> None:
    assert added({}) == [(b"x-content-type-options", b"nosniff")]


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"frameOptions": "SAMEORIGIN"}, (b"x-frame-options", b"SAMEORIGIN")),
        ({"referrerPolicy": "no-referrer"}, (b"referrer-policy", b"no-referrer")),
        ({"contentSecurityPolicy": "default-src 'self'"}, (b"content-security-policy", b"default-src 'self'")),
        ({"hsts": "8760h"}, (b"strict-transport-security", b"max-age=31536000")),
        ({"hsts": "0s"}, (b"strict-transport-security", b"max-age=0")),
    ],
)
def test_each_field_is_its_header(fields: dict[str, object], header: tuple[bytes, bytes]) -> None:
    assert added({"contentTypeOptions": False, **fields}) == [header]


def test_hsts_is_for_clients_that_came_by_https() -> None:
    """RFC 6797 7.2."""
    assert added({"hsts": "1h"}, b"http") == [(b"x-content-type-options", b"nosniff")]


def test_nothing_asked_for_is_no_step() -> None:
    assert compile_security_headers(SecurityHeaders(content_type_options=False), environment()) is None
