"""Origins that a CORS filter allows, sentence by sentence of the CRD, and what must not pass for one of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.cors.origins import MAX_ORIGIN_BYTES, AllowedOrigins

HOSTS = st.from_regex(r"[a-z0-9]{1,3}(\.[a-z0-9]{1,3}){0,3}", fullmatch=True)
PORTS = st.sampled_from(["", ":80", ":443", ":8443"])
SCHEMES = st.sampled_from(["http", "https"])


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://a.example", b"https://a.example"),
        ("https://a.example:443", b"https://a.example"),
        ("https://a.example", b"https://a.example:443"),
        ("http://a.example", b"http://a.example:80"),
        ("http://a.example:3000", b"http://a.example:3000"),
        ("https://A.example", b"https://a.example"),
        ("https://*.a.example", b"https://b.a.example"),
        ("https://*.a.example", b"https://c.b.a.example"),
        ("https://*.a.example:8443", b"https://c.b.a.example:8443"),
        ("https://*", b"https://any.example"),
        ("https://*", b"https://localhost"),
        ("http://*:3000", b"http://[::1]:3000"),
        ("http://*", b"http://[2001:db8::1]"),
        ("*", b"https://any.example:1234"),
        ("*", b"null"),
        ("*", b"app-scheme://localhost"),
    ],
)
def test_takes(entry: str, origin: bytes) -> None:
    assert AllowedOrigins(("https://other.example", entry) if entry != "*" else (entry,)).allow(origin)


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://a.example", b"http://a.example"),
        ("https://a.example", b"https://a.example:8443"),
        ("https://a.example", b"https://b.a.example"),
        ("https://a.example", b"https://a.example.evil.example"),
        ("https://a.example", b"https://a.example/"),
        ("https://a.example", b"null"),
        ("https://a.example", b"https://a.example:"),
        ("https://*.a.example", b"https://a.example"),
        ("https://*.a.example", b"https://.a.example"),
        ("https://*.a.example", b"https://evila.example"),
        ("https://*.a.example", b"https://b.a.example:8443"),
        ("https://*.a.example", b"http://b.a.example"),
        ("https://*.a.example", b"https://evil.example/.a.example"),
        ("https://*.a.example", b"https://evil.example#.a.example"),
        ("https://*.a.example", b"https://user@b.a.example"),
        ("https://*", b"http://any.example"),
        ("https://*", b"https://any.example:444"),
        ("https://*", b"https://"),
        ("https://*", b"null"),
        ("*", b"https://a.example, https://b.example"),
        ("*", b"https://a.example https://b.example"),
        ("*", b"https://\xe4.example"),
        ("*", b"https://" + b"a" * MAX_ORIGIN_BYTES),
    ],
)
def test_does_not_take(entry: str, origin: bytes) -> None:
    assert not AllowedOrigins((entry,)).allow(origin)


def test_no_entries_allow_nobody() -> None:
    assert not AllowedOrigins(()).allow(b"https://a.example")


@given(scheme=SCHEMES, pattern=HOSTS, wild=st.booleans(), entry_port=PORTS, host=HOSTS, port=PORTS, below=st.booleans())
def test_agrees_with_a_pattern(
    scheme: str, pattern: str, *, wild: bool, entry_port: str, host: str, port: str, below: bool
) -> None:
    """The same rules said once more, as a regular expression over origins whose port is written out."""
    if below:
        host = f"{host}.{pattern}"
    entry = f"{scheme}://{'*.' if wild else ''}{pattern}{entry_port}"
    default = {"http": ":80", "https": ":443"}[scheme]
    wanted = f"{scheme}://{'.+' + re.escape('.') if wild else ''}{re.escape(pattern)}{entry_port or default}"
    holds = re.fullmatch(wanted, f"{scheme}://{host}{port or default}") is not None
    assert AllowedOrigins((entry,)).allow(f"{scheme}://{host}{port}".encode()) == holds
