"""A real DNS responder on loopback, over UDP, whose answers a test sets."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self, cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class DNSResponder(asyncio.DatagramProtocol):
    """Answers from `records`; a name that is not there gets NXDOMAIN, a type that is not there an empty answer.

    While `rcode` is set, every answer has it; while `silent`, there is none. `asked` lists the questions.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], dns.rrset.RRset] = {}
        self.rcode: dns.rcode.Rcode | None = None
        self.silent = False
        self.asked: list[tuple[str, str]] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()
        self.address = ""

    def set(self, name: str, kind: str, *values: str, ttl_s: int = 1) -> None:
        """Answer with these records from now on; none removes them."""
        if values:
            self.records[name, kind] = dns.rrset.from_text(f"{name}.", ttl_s, "IN", kind, *values)
        else:
            self.records.pop((name, kind), None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let `__aexit__` end."""
        self._closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.silent:
            return
        response = dns.message.make_response(query, recursion_available=True)
        found = self.records.get((name, kind))
        if self.rcode is not None:
            response.set_rcode(self.rcode)
        elif found is not None:
            response.answer.append(found)
        elif not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        assert self._transport is not None
        self._transport.sendto(response.to_wire(), addr)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        host, port = transport.get_extra_info("sockname")[:2]
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()
        await self._closed.wait()
