"""The scalar types of resources: durations, byte quantities, networks, names; each is a string with its own pattern."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, Strict
from pydantic_core import PydanticCustomError, core_schema

T = TypeVar("T")

Items = Annotated[tuple[T, ...], Strict(strict=False)]
"""A YAML list, kept as a tuple so that a resource stays frozen."""

_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_TERM = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


class Duration(str):
    """A Go-style duration: `250ms`, `1h30m`, `1.5s`, `0`; never negative."""

    __slots__ = ()
    PATTERN: ClassVar[str] = r"^(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"
    EXPECTED: ClassVar[str] = "a duration such as 250ms, 30s or 1h30m"

    @property
    def seconds(self) -> float:
        """The length in seconds, 0.0 or more."""
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _TERM.findall(self))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Take a string of PATTERN; the JSON Schema shows the pattern."""
        text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema(pattern=cls.PATTERN))
        return core_schema.custom_error_schema(text, "duration", custom_error_message=f"{cls.EXPECTED} is expected")


class GatewayDuration(Duration):
    """A duration as Gateway API takes it (GEP-2257): whole numbers of h, m, s, ms, up to four terms."""

    __slots__ = ()
    PATTERN = r"^([0-9]{1,5}(h|m|s|ms)){1,4}$"
    EXPECTED = "a duration of whole numbers such as 250ms, 30s or 1h30m"


def _between(low: str, high: str) -> AfterValidator:
    def check(value: Duration) -> Duration:
        if not Duration(low).seconds <= value.seconds <= Duration(high).seconds:
            raise PydanticCustomError(
                "rule", "must be {low} to {high}, not {value}", {"low": low, "high": high, "value": value}
            )
        return value

    return AfterValidator(check)


def _over_zero(value: Duration) -> Duration:
    if value.seconds <= 0.0:
        raise PydanticCustomError("rule", "must be over 0s")
    return value


PositiveDuration = Annotated[Duration, AfterValidator(_over_zero)]
"""A duration that is not zero: a wait of none at all would fail at once, or spin."""

SecondToTenMinutes = Annotated[Duration, _between("1s", "10m")]
"""A duration of 1s..10m: what Consul takes for the wait of a blocking query."""

UpToFiveMinutes = Annotated[Duration, _between("0s", "5m")]
"""A duration of 0s..5m."""

_FACTORS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{suffix: Decimal(1000) ** (power + 1) for power, suffix in enumerate("kMGTPE")},
    **{f"{suffix}i": Decimal(1024) ** (power + 1) for power, suffix in enumerate("KMGTPE")},
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2}|[KMGTPE]i|[mkMGTPE])?")


class Quantity(str):
    """A Kubernetes quantity of bytes: `64Ki`, `1.5Gi`, `500M`, `1e6`, or a plain number; never negative."""

    __slots__ = ()
    PATTERN: ClassVar[str] = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2}|[KMGTPE]i|[mkMGTPE])?$"

    @property
    def bytes(self) -> int:
        """The size in bytes, rounded up."""
        found = _QUANTITY.fullmatch(self)
        if found is None:
            raise ValueError(f"not a quantity: {self!r}")
        number, suffix = found[1], found[2] or ""
        exact = Decimal(number + suffix) if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix != "Ei" else None
        size = Decimal(number) * _FACTORS[suffix] if exact is None else exact
        return math.ceil(size)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Take a string of PATTERN, or a whole number, which YAML gives for a size without suffix."""
        number = core_schema.no_info_after_validator_function(
            lambda value: cls(str(value)), core_schema.int_schema(ge=0, strict=True)
        )
        text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema(pattern=cls.PATTERN))
        return core_schema.union_schema(
            [text, number],
            custom_error_type="quantity",
            custom_error_message="a size such as 64Ki, 10Mi or 65536 is expected",
        )


def _checked(what: str, parse: Callable[[str], object]) -> AfterValidator:
    """A validator that keeps the text and refuses what `parse` raises ValueError for."""

    def check(value: str) -> str:
        try:
            parse(value)
        except ValueError as error:
            raise PydanticCustomError(
                "address", "{what} is expected: {reason}", {"what": what, "reason": str(error)}
            ) from error
        return value

    return AfterValidator(check)


def _network(value: str) -> object:
    return ipaddress.ip_network(value, strict=False)


CIDR = Annotated[str, _checked("an address or network such as 10.0.0.0/8", _network)]
"""A network in CIDR notation, or one address; bits beyond the prefix are ignored."""


def place(value: str) -> str:
    """`address:port` with the address, an IP literal (IPv6 in brackets), as it is written shortest.

    Raises ValueError where it is none.
    """
    host, colon, digits = value.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    address = ipaddress.ip_address(host[1:-1] if bracketed else host)
    if not (colon and digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) <= 65535):
        raise ValueError(f"{digits!r} is no port")
    if bracketed != (address.version == 6):
        raise ValueError(f"{host!r} is no address before a port: brackets are for IPv6, and for that alone")
    return f"[{address}]:{int(digits)}" if bracketed else f"{address}:{int(digits)}"


EndpointPlace = Annotated[str, _checked("an endpoint such as 10.0.0.5:8080 or [2001:db8::5]:8080", place)]
"""An IP address literal and a port."""

IPAddress = Annotated[str, _checked("an IP address", ipaddress.ip_address)]
"""An IPv4 or IPv6 address literal."""

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"

PreciseHostname = Annotated[str, Field(min_length=1, max_length=253, pattern=rf"^{_SUBDOMAIN}$")]
"""A DNS name in lower case, without wildcard and without a dot at its end."""

Hostname = Annotated[str, Field(min_length=1, max_length=253, pattern=rf"^(\*\.)?{_SUBDOMAIN}$")]
"""A DNS name in lower case; its first label may be `*`."""

SectionName = Annotated[str, Field(min_length=1, max_length=253, pattern=rf"^{_SUBDOMAIN}$")]
"""The name of a part of a resource: a listener, a rule, a port."""

ObjectName = Annotated[str, Field(min_length=1, max_length=253)]
"""The name of a resource that is referred to."""

NamespaceName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""The name of a namespace: a DNS label."""

Group = Annotated[str, Field(max_length=253, pattern=rf"^$|^{_SUBDOMAIN}$")]
"""An API group; the empty one is core Kubernetes."""

Kind = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")]
"""A resource kind."""

PortNumber = Annotated[int, Field(ge=1, le=65535)]
"""A TCP or UDP port, 1..65535."""

HeaderName = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$")]
"""A field name of RFC 9110 5.1, compared without case."""

FRAMING = frozenset(
    (
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Fields that say where a message ends, or that hold for one connection only (RFC 9110 7.6.1, RFC 9112 6), in lower
case: a rule that could set one would let a client and an endpoint read the same bytes as different messages."""

Percent = Annotated[int, Field(ge=0, le=100)]
"""A whole percentage, 0..100."""

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share, 0..1."""

Method = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$")]
"""An HTTP method, with case."""

FilePath = Annotated[str, Field(min_length=1, max_length=4096)]
"""A path of the local file system."""
