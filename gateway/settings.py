"""The Weir resource as plain numbers: what the data path reads per connection and request, with no model in between."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from config.resources.weir import WeirSpec
from gateway.hot.limits import HeadLimits


@dataclass(frozen=True)
class Settings:
    """Seconds, bytes and counts of one worker; 0 turns a time limit off, `body_bytes` 0 means no bound."""

    head_timeout_s: float
    body_idle_timeout_s: float
    keep_alive_timeout_s: float
    request_timeout_s: float
    backend_request_timeout_s: float
    connect_timeout_s: float
    stream_idle_timeout_s: float
    write_stall_timeout_s: float
    connections: int
    connections_per_listener: int
    connections_per_source: int
    body_bytes: int
    pipelined_requests: int
    buffer_bytes_per_connection: int
    buffer_bytes: int
    head_limits: HeadLimits
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    x_forwarded: bool
    forwarded: bool
    via: bytes
    keep_request_id: bool
    server: bytes


def settings_from(spec: WeirSpec) -> Settings:
    """Flatten the Weir resource; every default is the model's."""
    limits, timeouts, forwarding = spec.limits, spec.timeouts, spec.forwarding
    return Settings(
        head_timeout_s=timeouts.head.seconds,
        body_idle_timeout_s=timeouts.body_idle.seconds,
        keep_alive_timeout_s=timeouts.keep_alive.seconds,
        request_timeout_s=timeouts.request.seconds,
        backend_request_timeout_s=timeouts.backend_request.seconds,
        connect_timeout_s=timeouts.connect.seconds,
        stream_idle_timeout_s=timeouts.stream_idle.seconds,
        write_stall_timeout_s=timeouts.write_stall.seconds,
        connections=limits.connections,
        connections_per_listener=limits.connections_per_listener or 0,
        connections_per_source=limits.connections_per_source or 0,
        body_bytes=limits.body_bytes.bytes if limits.body_bytes is not None else 0,
        pipelined_requests=limits.pipelined_requests,
        buffer_bytes_per_connection=limits.buffer_bytes_per_connection.bytes,
        buffer_bytes=limits.buffer_bytes.bytes,
        head_limits=HeadLimits(
            header_bytes=limits.header_bytes.bytes,
            header_count=limits.header_count,
            uri_bytes=limits.uri_bytes.bytes,
        ),
        trusted_proxies=tuple(ip_network(network, strict=False) for network in forwarding.trusted_proxies),
        x_forwarded=forwarding.x_forwarded,
        forwarded=forwarding.forwarded,
        via=b"" if forwarding.via == "off" else forwarding.via.encode("ascii"),
        keep_request_id=forwarding.request_id == "Keep",
        server=forwarding.server_header.encode("latin-1"),
    )
