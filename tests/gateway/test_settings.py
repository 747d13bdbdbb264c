"""The Weir resource as plain numbers."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from config.resources.weir import WeirSpec
from gateway.settings import Settings, settings_from


def settings(**spec: object) -> Settings:
    return settings_from(WeirSpec.model_validate(spec))


def test_defaults_are_those_that_the_model_documents() -> None:
    plain = settings()
    assert (plain.head_timeout_s, plain.keep_alive_timeout_s, plain.connect_timeout_s) == (10.0, 75.0, 5.0)
    assert (plain.request_timeout_s, plain.backend_request_timeout_s) == (0.0, 0.0)
    assert (plain.head_limits.header_bytes, plain.head_limits.header_count) == (65536, 100)
    assert (plain.body_bytes, plain.connections_per_source, plain.connections_per_listener) == (0, 0, 0)


def test_every_timeout_is_taken_in_seconds() -> None:
    names = ("head", "body_idle", "keep_alive", "request", "backend_request", "connect", "stream_idle", "write_stall")
    fields = WeirSpec().timeouts.model_fields_set | set(type(WeirSpec().timeouts).model_fields)
    assert set(names) == fields
    timeouts = {name: f"{number}ms" for number, name in enumerate(names, 1)}
    made = settings(timeouts=timeouts)
    for number, name in enumerate(names, 1):
        assert getattr(made, f"{name}_timeout_s") == pytest.approx(number / 1000)


def test_every_limit_is_taken_in_bytes_or_as_a_count() -> None:
    made = settings(
        limits={
            "connections": 7,
            "connectionsPerListener": 6,
            "connectionsPerSource": 5,
            "headerBytes": "1Ki",
            "headerCount": 4,
            "uriBytes": "2Ki",
            "bodyBytes": "1Mi",
            "pipelinedRequests": 3,
            "bufferBytesPerConnection": "8Ki",
            "bufferBytes": "1Gi",
        }
    )
    assert (made.connections, made.connections_per_listener, made.connections_per_source) == (7, 6, 5)
    assert (made.head_limits.header_bytes, made.head_limits.header_count, made.head_limits.uri_bytes) == (1024, 4, 2048)
    assert (made.body_bytes, made.pipelined_requests) == (1 << 20, 3)
    assert (made.buffer_bytes_per_connection, made.buffer_bytes) == (8192, 1 << 30)


def test_forwarding_is_bytes_and_networks() -> None:
    made = settings(
        forwarding={"trustedProxies": ["10.1.2.3/8", "::1"], "via": "off", "requestId": "Make", "serverHeader": "edge"}
    )
    assert made.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert (made.via, made.keep_request_id, made.server) == (b"", False, b"edge")
    assert settings().via == b"weir"
