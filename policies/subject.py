"""One request as policies see it, and what they have said of it so far.

Made once for a request whose plan has a policy. What a policy decides for later ones (tags, identity) and for the
messages (fields to drop, lines to add) is written here and carried out by the gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from policies.tags.baggage import PREFIX

if TYPE_CHECKING:
    from config.resources.traffic_policy import Lane
    from policies.access.questions import BodyPrefix
    from policies.bandwidth.step import Bounds
    from policies.buffering.step import BodyRoom
    from policies.decompression.unpacker import Unpacker
    from policies.error_pages.page import ErrorPage
    from policies.rate_limit.settlement import Settlement
    from policies.reshaping import Reshaper
    from policies.retry import RetryPlan
    from policies.sessions.step import Session
    from policies.steering.steered import Steered

_NO_PAGES: Mapping[int, ErrorPage] = MappingProxyType({})
_NOBODY: Mapping[str, object] = MappingProxyType({})


class Head(Protocol):
    """The head of a request, as the scanner read it. Names are asked for in lower case; octets are as they came."""

    @property
    def method(self) -> bytes: ...
    @property
    def path(self) -> bytes: ...
    @property
    def query(self) -> bytes:
        """Without the question mark; b"" where there is none."""

    @property
    def authority(self) -> bytes:
        """Host and port as the client wrote them."""

    @property
    def has_body(self) -> bool: ...
    @property
    def content_length(self) -> int:
        """Octets of the body, 0 or less where it does not say."""

    def get(self, name: bytes, /) -> bytes | None:
        """The first field of that name."""

    def get_all(self, name: bytes, /) -> Sequence[bytes]:
        """All of them, in order."""

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """Every field with its name as the client wrote it, in order."""


class Subject:
    """A request under the policies of its plan.

    `address` is the client's, an IP literal, found through the trusted hops; `peer` that of the connection itself.
    `scheme` is `http` or `https`. `now_s` is the unix time at which it began; `draw` gives uniform numbers in [0, 1).
    """

    __slots__ = (
        "address",
        "backend_request_s",
        "baggage_left_out",
        "baggage_prefix",
        "baggage_sent",
        "bandwidth",
        "body_bytes",
        "body_prefix",
        "body_room",
        "claims",
        "draw",
        "error_pages",
        "exposes_all",
        "head",
        "identity",
        "lane",
        "log_headers",
        "made_cookies",
        "metric_tags",
        "now_s",
        "passes_deadline",
        "peer",
        "port",
        "request_drop",
        "request_framing",
        "request_lines",
        "request_s",
        "reshapers",
        "response_absent",
        "response_drop",
        "response_lines",
        "retry",
        "route",
        "scheme",
        "session",
        "settlements",
        "split_key",
        "steered",
        "tags",
        "tenant",
        "trials_counted",
        "unpacker",
        "would_deny",
    )

    def __init__(
        self,
        head: Head,
        *,
        route: str,
        scheme: bytes,
        address: str,
        peer: str,
        port: int,
        now_s: float,
        draw: Callable[[], float],
        tenant: str = "",
    ) -> None:
        self.begin(head, route, scheme, address, peer, port, now_s, draw, tenant)

    def begin(
        self,
        head: Head,
        route: str,
        scheme: bytes,
        address: str,
        peer: str,
        port: int,
        now_s: float,
        draw: Callable[[], float],
        tenant: str,
    ) -> None:
        """What the constructor does: alone for one made by `__new__`, as keywords cost the compiled form twice."""
        self.head = head
        self.route = route
        self.scheme = scheme
        self.address = address
        self.peer = peer
        self.port = port
        self.now_s = now_s
        self.draw = draw
        self.identity = ""
        """Who the client is, by certificate, token, key or password; "" where nobody asked or nobody said."""
        self.tenant = tenant
        """The Tenant whose route it takes; "" where that is nobody's."""
        self.claims: Mapping[str, object] = _NOBODY
        """Those of the verified JSON Web Token."""
        self.tags: dict[str, str] = {}
        self.log_headers: tuple[bytes, ...] = ()
        """Lower-case names of the request's headers that the access log shows."""
        self.metric_tags: tuple[str, ...] = ()
        """Names of the tags that metrics show."""
        self.baggage_prefix = PREFIX
        """What stands before the names of tags in `baggage`, and whether they are sent on there."""
        self.baggage_sent = True
        self.baggage_left_out = 0
        """Members of `baggage` that had no room in its limits."""
        self.steered: Steered | None = None
        """Where it is sent by hand, past weights and lanes."""
        self.session: Session | None = None
        """Where the requests of its session go, under a route that keeps some."""
        self.split_key: bytes | None = None
        """By which its backendRef is drawn, where a policy says that it is the same each time."""
        self.lane: Lane | None = None
        """The tag that endpoint selection follows, where the backend's policy names none."""
        self.made_cookies: dict[str, bytes] | None = None
        """Cookies that the client is given, by name, as it had none."""
        self.would_deny: list[tuple[str, str]] = []
        self.trials_counted = 0
        """What steps on trial would have refused it for: name and reason, for the log."""
        self.settlements: list[Settlement] = []
        """What limits still have to charge or to give back when the exchange is over."""
        self.unpacker: Unpacker | None = None
        """What the body of the request goes through before the endpoint gets it, in chunks."""
        self.body_room: BodyRoom | None = None
        """Where the body is kept until it is whole; None where it goes on as it comes."""
        self.body_prefix: BodyPrefix | None = None
        """How the body begins, where a policy had to know."""
        self.request_framing = b""
        """The line that frames the body for the endpoint; b"" where it is framed as the client did."""
        self.bandwidth: Bounds | None = None
        """Octets per second, where a policy says so."""
        self.body_bytes: int | None = None
        """The largest body that is taken, where a policy says so."""
        self.request_s: float | None = None
        self.backend_request_s: float | None = None
        """Time for the exchange and for one try in seconds, where a policy says so; 0.0 is no bound."""
        self.passes_deadline = False
        """Whether the endpoint is told what is left of the time."""
        self.retry: RetryPlan | None = None
        """When it goes out again, where a policy says so."""
        self.request_drop: set[bytes] = set()
        """Lower-case names of request fields that do not go on."""
        self.request_lines: list[bytes] = []
        """Whole lines, each with CRLF, that do."""
        self.response_drop: set[bytes] = set()
        self.response_lines: list[bytes] = []
        self.error_pages: Mapping[int, ErrorPage] = _NO_PAGES
        """Bodies for errors of Weir's own, by status."""
        self.reshapers: list[Reshaper] = []
        """Who may change the body of an endpoint's answer."""
        self.exposes_all = False
        """Whether scripts may read every field of the answer, whose names it must list then."""
        self.response_absent: list[tuple[bytes, bytes]] = []
        """Lines for an answer that has no field of that (lower-case) name."""

    def set_request_field(self, name: bytes, value: bytes) -> None:
        """What the endpoint gets as `name`, in place of what the client, or a policy before, said; in lower case."""
        self.unset_request_field(name)
        self.request_lines.append(b"%b: %b\r\n" % (name, value))

    def unset_request_field(self, name: bytes) -> None:
        """The endpoint gets no `name`, neither the client's nor that of a policy before; `name` is in lower case."""
        if name in self.request_drop and self.request_lines:
            start = name + b": "
            self.request_lines = [line for line in self.request_lines if not line.startswith(start)]
        self.request_drop.add(name)

    def set_response_field(self, name: bytes, value: bytes) -> None:
        """What the client gets as `name`, in place of what the endpoint said; `name` is in lower case."""
        self.response_drop.add(name)
        self.response_lines.append(b"%b: %b\r\n" % (name, value))
