"""What Weir tells the endpoint about the client: X-Forwarded-*, Forwarded (RFC 7239), Via, the request id.

A downstream in `trustedProxies` is believed and added to; from anyone else these fields are dropped and made anew, as a
client could otherwise choose the address that access lists and logs see.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from gateway.hot.fields import Fields
from gateway.hot.head import RequestHead
from gateway.hot.request_ids import RequestIds
from gateway.hot.writer import HeadWriter
from gateway.settings import Settings
from policies.retry import ATTEMPT_HEADER, attempt_number
from policies.steering.endpoint_header import HEADER as ENDPOINT_HEADER

_FORWARDING_NAMES = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"))
_REQUEST_ID = b"x-request-id"
_NEVER_SENT = frozenset((_REQUEST_ID, ENDPOINT_HEADER, ATTEMPT_HEADER))
"""Made anew, or meant for Weir alone."""
MAX_REQUEST_ID_BYTES = 128
_TOKEN_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+/=~@")


@dataclass(frozen=True)
class Peer:
    """Who the client's side of a connection is, worked out when it is accepted."""

    address: str
    trusted: bool
    text: bytes
    """The address as `X-Forwarded-For` writes it."""
    node: bytes
    """The address as `Forwarded` writes it: IPv6 in quotes and brackets (RFC 7239 6)."""

    @classmethod
    def of(cls, address: str, settings: Settings) -> Peer:
        """`address` is an IP literal, as the kernel gave it."""
        ip = _plain(address)
        trusted = any(ip.version == net.version and ip in net for net in settings.trusted_proxies)
        node = f'"[{ip}]"' if ip.version == 6 else str(ip)
        return cls(str(ip), trusted, str(ip).encode(), node.encode())


@dataclass(frozen=True)
class Recipe:
    """How request heads are made for one choice of backend: names to drop (`drop_host`: with Host), lines to add."""

    drop: frozenset[bytes]
    drop_host: frozenset[bytes]
    extra: bytes
    x_forwarded_for: bool
    x_forwarded_proto: bool
    x_forwarded_host: bool
    forwarded: bool


def recipe(settings: Settings, plan_drop: frozenset[bytes], plan_extra: bytes) -> Recipe:
    """Weir's own fields yield to those that the route's filters set or remove."""
    own = set(_FORWARDING_NAMES) | {b"via"}
    drop = plan_drop | (own if settings.via else own - {b"via"}) | _NEVER_SENT
    return Recipe(
        drop=frozenset(drop),
        drop_host=frozenset(drop | {b"host"}),
        extra=plan_extra,
        x_forwarded_for=settings.x_forwarded and b"x-forwarded-for" not in plan_drop,
        x_forwarded_proto=settings.x_forwarded and b"x-forwarded-proto" not in plan_drop,
        x_forwarded_host=settings.x_forwarded and b"x-forwarded-host" not in plan_drop,
        forwarded=settings.forwarded and b"forwarded" not in plan_drop,
    )


def choose_request_id(head: RequestHead, peer: Peer, settings: Settings, ids: RequestIds) -> bytes:
    """The id that a trusted downstream gave, where it is kept and fit to be logged, else a new one.

    From anyone else it is made anew: a client could otherwise make its requests look like those of another.
    """
    if settings.keep_request_id and peer.trusted:
        kept = head.get(_REQUEST_ID)
        if kept is not None and 0 < len(kept) <= MAX_REQUEST_ID_BYTES and _TOKEN_BYTES.issuperset(kept):
            return kept
    return ids.make()


def forward_lines(
    out: HeadWriter,
    head: RequestHead,
    peer: Peer,
    recipe: Recipe,
    settings: Settings,
    scheme: bytes,
    request_id: bytes,
) -> None:
    """Append the header lines that Weir adds to a request, each with CRLF."""
    trusted = peer.trusted
    if recipe.x_forwarded_for:
        out.put(b"x-forwarded-for: ")
        if trusted:
            _put_before(out, head, b"x-forwarded-for")
        out.put(peer.text)
        out.put(b"\r\n")
    if recipe.x_forwarded_proto:
        out.put(b"x-forwarded-proto: ")
        out.put((trusted and head.get(b"x-forwarded-proto")) or scheme)
        out.put(b"\r\n")
    if recipe.x_forwarded_host:
        host = (trusted and head.get(b"x-forwarded-host")) or head.authority
        if host:
            out.put(b"x-forwarded-host: ")
            out.put(host)
            out.put(b"\r\n")
    if recipe.forwarded:
        out.put(b"forwarded: ")
        if trusted:
            _put_before(out, head, b"forwarded")
        out.put(b"for=")
        out.put(peer.node)
        if head.authority:
            out.put(b';host="')
            out.put(head.authority)
            out.put(b'"')
        out.put(b";proto=")
        out.put(scheme)
        out.put(b"\r\n")
    if trusted:
        number = head.get(ATTEMPT_HEADER)
        if number is not None and attempt_number(number) > 1:
            out.put(b"x-weir-attempt: ")
            out.put(number)
            out.put(b"\r\n")
    if settings.via:
        via_line(out, settings.via, head.version_minor, head)
    out.put(b"x-request-id: ")
    out.put(request_id)
    out.put(b"\r\n")


def via_line(out: HeadWriter, pseudonym: bytes, version_minor: int, head: Fields) -> None:
    """Append `via` with this hop added to those that `head` names, all in one line (RFC 9110 7.6.3)."""
    out.put(b"via: ")
    if head.has_via:
        _put_before(out, head, b"via")
    out.put(b"1.1 " if version_minor else b"1.0 ")
    out.put(pseudonym)
    out.put(b"\r\n")


def _put_before(out: HeadWriter, head: Fields, name: bytes) -> None:
    """Append what earlier hops said in the fields `name`, each with a comma behind."""
    for value in head.get_all(name):
        if value:
            out.put(value)
            out.put(b", ")


def client_address(head: RequestHead, peer: Peer, settings: Settings) -> str:
    """The address that policies and logs take for the client's: the last in X-Forwarded-For that no trusted hop has."""
    if not peer.trusted:
        return peer.address
    nearest = peer.address
    for part in reversed(b",".join(head.get_all(b"x-forwarded-for")).split(b",")):
        text = part.strip().decode("latin-1")
        try:
            ip = _plain(text)
        except ValueError:
            break
        nearest = str(ip)
        if not any(ip.version == net.version and ip in net for net in settings.trusted_proxies):
            break
    return nearest


def client_scheme(head: RequestHead, peer: Peer, scheme: bytes) -> bytes:
    """How the client came, `http` or `https`: as a trusted hop says in X-Forwarded-Proto, else by `scheme`."""
    told = head.get(b"x-forwarded-proto") if peer.trusted else None
    return told if told in (b"http", b"https") else scheme


def _plain(address: str) -> IPv4Address | IPv6Address:
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip
