"""Endpoints that a DNS name resolves to, asked again when the TTL is over."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.rrset

from config.resources.backend import DNSSource
from config.resources.weir import Discovery
from discovery.endpoint import Endpoint
from discovery.runtime import Runtime
from discovery.sources.backoff import Backoff
from discovery.sources.interruptible import Interruptible
from discovery.sources.source import Endpoints, Publish, SourceFailed, Tally

PORT = 53
JITTER = 0.1
"""Share by which a TTL is shortened at random, so that many names of one TTL are not asked at one moment."""

TARGETS_MAX = 1000
"""Targets of one SRV answer that are resolved; a longer answer is an error, not a reason for as many questions."""


class DNSName:
    """One name; negative answers and failures keep the last view."""

    kind = "dns"
    protected = True

    def __init__(self, spec: DNSSource, settings: Discovery, runtime: Runtime) -> None:
        self.tally = Tally(f"dns {spec.type} {spec.name}")
        self._spec = spec
        self._settings = settings
        self._runtime = runtime
        self._waits = Interruptible()
        self._resolver: dns.asyncresolver.Resolver | None = None

    def refresh(self) -> None:
        """Ask now in place of at the end of the TTL."""
        self._waits.interrupt()

    async def run(self, publish: Publish) -> None:
        """Publish every good answer, until cancelled."""
        backoff = Backoff(self._runtime.random)
        while True:
            try:
                endpoints, ttl_s = await self._resolve()
            except SourceFailed as error:
                self.tally.failed(error)
                await self._waits.sleep(max(self._spec.min_ttl.seconds, backoff.next_s()))
                continue
            backoff.reset()
            self.tally.succeeded()
            publish(Endpoints(endpoints))
            await self._waits.sleep(self._pause_s(ttl_s))

    def _pause_s(self, ttl_s: float) -> float:
        bounded_s = min(max(ttl_s, self._spec.min_ttl.seconds), self._spec.max_ttl.seconds)
        jittered_s = bounded_s * (1.0 - JITTER * self._runtime.random.random())
        # A minimum of 0s is an operator's wish, but not one to spin.
        return max(0.05, self._spec.min_ttl.seconds, jittered_s)

    async def _resolve(self) -> tuple[tuple[Endpoint, ...], float]:
        """The endpoints and the shortest TTL seen, in seconds. Raises SourceFailed."""
        name = _absolute(self._spec.name)
        if self._spec.type == "SRV":
            return await self._resolve_services(name)
        records = await self._ask(name, self._spec.type)
        assert self._spec.port is not None, "the model demands a port for addresses"
        addresses = sorted({record.address for record in records})
        endpoints = tuple(_endpoint(address, self._spec.port, 1) for address in addresses)
        return endpoints, float(records.ttl)

    async def _resolve_services(self, name: dns.name.Name) -> tuple[tuple[Endpoint, ...], float]:
        """SRV (RFC 2782): of the targets, those of the lowest priority that have an address."""
        records = await self._ask(name, "SRV")
        if len(records) > TARGETS_MAX:
            raise SourceFailed("rubbish", f"more than {TARGETS_MAX} targets")
        ttl_s = float(records.ttl)
        for priority in sorted({record.priority for record in records}):
            endpoints: dict[str, Endpoint] = {}
            for record in sorted(records):
                if record.priority != priority or record.target == dns.name.root:
                    continue
                try:
                    addresses, address_ttl_s = await self._addresses(record.target)
                except SourceFailed as error:
                    # A target that does not exist is left out; one that is not answered for now would look like a loss.
                    if error.reason != "negative":
                        raise
                    continue
                ttl_s = min(ttl_s, address_ttl_s)
                for address in addresses:
                    # Weight 0 means "little", not "none" (RFC 2782); Weir's 0 takes no traffic.
                    endpoint = _endpoint(address, record.port, max(1, record.weight))
                    endpoints.setdefault(endpoint.id, endpoint)
            if endpoints:
                return tuple(endpoints.values()), ttl_s
        raise SourceFailed("negative", "no target has an address")

    async def _addresses(self, target: dns.name.Name) -> tuple[list[str], float]:
        """IPv4 addresses of a target, else its IPv6 ones, and their TTL."""
        try:
            records = await self._ask(target, "A")
        except SourceFailed as error:
            if error.reason != "negative":
                raise
            records = await self._ask(target, "AAAA")
        return sorted({record.address for record in records}), float(records.ttl)

    async def _ask(self, name: dns.name.Name, kind: str) -> dns.rrset.RRset:
        """One question over all resolvers. Raises SourceFailed, `negative` for a name or type that does not exist."""
        self.tally.queries += 1
        try:
            if self._resolver is None:
                self._resolver = _resolver(self._settings.dns_resolvers)
            limit_s = self._settings.dns_timeout.seconds
            answer = await self._resolver.resolve(name, kind, lifetime=limit_s)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN) as error:
            raise SourceFailed("negative", str(error)) from error
        except dns.resolver.NoNameservers as error:
            raise SourceFailed("server_error", str(error)) from error
        except dns.exception.Timeout as error:
            raise SourceFailed("timeout", str(error)) from error
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise SourceFailed("rubbish", f"{type(error).__name__}: {error}") from error
        records = answer.rrset
        if records is None or not len(records):
            raise SourceFailed("negative", "an empty answer")
        return records


def _endpoint(address: str, port: int, weight: int) -> Endpoint:
    return Endpoint(f"{address}:{port}", address, port, weight)


def _absolute(name: str) -> dns.name.Name:
    try:
        return dns.name.from_text(name)
    except dns.exception.DNSException as error:
        raise SourceFailed("rubbish", f"not a name: {error}") from error


def _resolver(addresses: Iterable[str]) -> dns.asyncresolver.Resolver:
    """One that asks `addresses`, or those of the system where there are none. Raises what dnspython raises."""
    servers = [_server(address) for address in addresses]
    resolver = dns.asyncresolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = servers
    return resolver


def _server(address: str) -> dns.nameserver.Do53Nameserver:
    """`address`, `address:port` or `[address]:port`."""
    try:
        return dns.nameserver.Do53Nameserver(str(ipaddress.ip_address(address.strip("[]"))), PORT)
    except ValueError:
        host, _, port = address.rpartition(":")
        return dns.nameserver.Do53Nameserver(str(ipaddress.ip_address(host.strip("[]"))), int(port))
