"""The parts of TrafficPolicy that change or delay messages: faults, compression, buffering, answers of Weir's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.resources.backend_policy import DirectResponse
from config.resources.model import Model
from config.resources.scalars import Duration, HeaderName, Items, Quantity, Ratio


class FaultDelay(Model):
    """Requests that are held up."""

    duration: Duration = Field(description="For how long.")
    percent: float = Field(100.0, ge=0.0, le=100.0, description="Percent of requests, 0..100. Default: 100.")


class FaultAbort(Model):
    """Requests that are refused."""

    status: int = Field(503, ge=200, le=599, description="Status, 200..599. Default: 503.")
    percent: float = Field(100.0, ge=0.0, le=100.0, description="Percent of requests, 0..100. Default: 100.")


class Fault(Model):
    """Faults made on purpose."""

    delay: FaultDelay | None = Field(None, description="Hold up. Default: none.")
    abort: FaultAbort | None = Field(None, description="Refuse. Default: none.")
    when: str | None = Field(
        None, min_length=1, max_length=4096, description="CEL expression that must hold. Default: always."
    )


class Compression(Model):
    """Answers made smaller where the client takes that."""

    algorithms: Items[Literal["zstd", "br", "gzip"]] = Field(
        ("zstd", "br", "gzip"), min_length=1, description="Codings by preference. Default: zstd, br, gzip."
    )
    min_bytes: Quantity = Field(Quantity("1Ki"), description="Smallest body that is compressed. Default: 1Ki.")
    types: Items[Annotated[str, Field(min_length=1)]] = Field(
        ("text/*", "application/json", "application/javascript", "application/xml", "image/svg+xml"),
        description="Media types. Default: text, JSON, JavaScript, XML, SVG.",
    )
    level: int = Field(4, ge=1, le=19, description="Effort, 1..19, cut to what the coding has. Default: 4.")


class Decompression(Model):
    """Request bodies unpacked for the backend."""

    max_bytes: Quantity = Field(Quantity("10Mi"), description="Largest unpacked body; more is 413. Default: 10Mi.")
    max_ratio: int = Field(100, ge=1, le=10_000, description="Largest growth; more is 413. Default: 100.")


class Buffering(Model):
    """Request bodies taken whole before the backend is asked."""

    max_bytes: Quantity = Field(Quantity("1Mi"), description="Largest body; more is 413. Default: 1Mi.")
    memory_bytes: Quantity = Field(
        Quantity("64Ki"), description="Bytes kept in memory, the rest on disk. Default: 64Ki."
    )


class Bandwidth(Model):
    """Bytes per second."""

    per_connection: Quantity | None = Field(
        None, description="Bytes per second of one connection, each way. Default: no bound."
    )
    per_route: Quantity | None = Field(
        None, description="Bytes per second of each route on this node, each way. Default: no bound."
    )


class HeadLimits(Model):
    """Bounds on the heads of requests, within those of the process."""

    bytes: Quantity | None = Field(
        None, description="Bytes of the request line and the headers; more is 431. Default: the process's."
    )
    count: int | None = Field(
        None, ge=1, le=10_000, description="Header lines, 1..10000; more is 431. Default: the process's."
    )
    uri_bytes: Quantity | None = Field(
        None, description="Bytes of the path and query; more is 414. Default: the process's."
    )


class ErrorPage(Model):
    """A body for errors."""

    statuses: Items[Annotated[int, Field(ge=400, le=599)]] = Field(min_length=1, description="Statuses, 400..599.")
    body: str = Field(max_length=1 << 20, description="Body.")
    content_type: str = Field(
        "text/html; charset=utf-8", min_length=1, description="Its media type. Default: text/html."
    )
    from_backend: bool = Field(
        default=False, description="Whether it also replaces bodies of the backend. Default: false."
    )


class SecurityHeaders(Model):
    """Response headers that browsers heed, set where the backend sets none."""

    hsts: Duration | None = Field(None, description="`Strict-Transport-Security` for this long. Default: none.")
    content_type_options: bool = Field(default=True, description="`X-Content-Type-Options: nosniff`. Default: true.")
    frame_options: Literal["DENY", "SAMEORIGIN"] | None = Field(None, description="`X-Frame-Options`. Default: none.")
    referrer_policy: str | None = Field(None, min_length=1, description="`Referrer-Policy`. Default: none.")
    content_security_policy: str | None = Field(
        None, min_length=1, description="`Content-Security-Policy`. Default: none."
    )


class Maintenance(Model):
    """An answer instead of the backend's, with who is let through."""

    response: DirectResponse = Field(DirectResponse(), description="The answer. Default: 503.")
    retry_after: Duration = Field(Duration("60s"), description="`Retry-After`. Default: 60s.")
    except_when: str | None = Field(
        None, min_length=1, max_length=4096, description="CEL expression of who is let through. Default: nobody."
    )


class Overload(Model):
    """What happens when there is too much."""

    priority: int = Field(5, ge=0, le=9, description="Lower ones are shed first, 0..9. Default: 5.")
    queue_timeout: Duration = Field(Duration("1s"), description="Longest wait for a place, then 503. Default: 1s.")
    max_queue: int = Field(1024, ge=0, le=1_000_000, description="Requests that wait, 0..1000000. Default: 1024.")


class CacheKey(Model):
    """What tells answers apart beyond host and path; what is not listed here never does."""

    query: Items[Annotated[str, Field(min_length=1)]] = Field(
        ("*",), description="Query parameters, `*` for all. Default: all."
    )
    headers: Items[HeaderName] = Field((), max_length=16, description="Request headers. Default: none.")
    cookies: Items[HeaderName] = Field((), max_length=16, description="Cookies. Default: none.")
    tags: Items[Annotated[str, Field(min_length=1)]] = Field((), max_length=16, description="Tags. Default: none.")


class CacheTTL(Model):
    """How long answers of a status hold."""

    statuses: Items[Annotated[int, Field(ge=200, le=599)]] = Field(min_length=1, description="Statuses, 200..599.")
    ttl: Duration = Field(description="Time that they hold.")
    override: bool = Field(default=False, description="Whether it goes before what the answer says. Default: false.")


class Cache(Model):
    """Answers kept near clients (RFC 9111)."""

    key: CacheKey = Field(CacheKey(), description="What tells answers apart. Default: host, path and query.")
    ttls: Items[CacheTTL] = Field((), max_length=32, description="Times by status. Default: what the answer says.")
    max_object_bytes: Quantity = Field(Quantity("10Mi"), description="Largest body that is kept. Default: 10Mi.")
    bypass_when: str | None = Field(
        None, min_length=1, max_length=4096, description="CEL expression of requests that go past it. Default: none."
    )
    stale_while_revalidate: Duration = Field(
        Duration("0s"), description="Time after its end that an answer is given while it is fetched. Default: 0s."
    )
    stale_if_error: Duration = Field(
        Duration("0s"), description="Time after its end that an answer is given when the backend fails. Default: 0s."
    )
    heuristic: Ratio = Field(
        0.0, description="Share of the age since Last-Modified that an answer holds, 0..1. Default: 0, off."
    )
    store_set_cookie: bool = Field(
        default=False, description="Whether answers that set cookies are kept. Default: false."
    )
    coalesce: bool = Field(default=True, description="Whether equal requests wait for one fetch. Default: true.")
    coalesce_timeout: Duration = Field(Duration("5s"), description="Longest wait for another's fetch. Default: 5s.")
    tiers: Items[Literal["Memory", "Disk", "Shared"]] = Field(
        ("Memory",), min_length=1, description="Where answers are kept. Default: Memory."
    )
