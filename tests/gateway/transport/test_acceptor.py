"""Taking clients: while it is started, one by one where a limit may be reached, and not when the system is short."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from gateway.transport.acceptor import ACCEPTS, Acceptor
from gateway.transport.poller import Poller
from tests.support.descriptors import all_descriptors_taken
from tests.support.streams import Owner, turns
from tests.support.waiting import until


class Door:
    """A listening socket, an acceptor on it, its owners, and clients."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.create_server((address, 0), family=family, backlog=1024)
        self.sock.setblocking(False)
        self.loop = asyncio.get_running_loop()
        self.defects: list[object] = []
        self.loop.set_exception_handler(lambda _, context: self.defects.append(context["exception"]))
        self.poller = Poller(self.loop)
        self.owners: list[Owner] = []
        self.shortages = 0
        self.limit = 1 << 30
        self.acceptor = Acceptor(self.poller, self.sock.fileno(), self.new_owner, self.ran_short)
        self.clients: list[socket.socket] = []

    def new_owner(self) -> Owner:
        owner = Owner()
        owner.on_made = lambda: self.acceptor.stop() if len(self.owners) >= self.limit else None
        owner.on_data = lambda data: owner.transport.write(data)
        self.owners.append(owner)
        return owner

    def ran_short(self) -> None:
        self.shortages += 1

    def client(self) -> socket.socket:
        client = socket.create_connection(self.sock.getsockname()[:2], 10)
        self.clients.append(client)
        return client

    async def close(self) -> None:
        for client in self.clients:
            client.close()
        self.poller.close()
        await turns()
        assert self.poller.count == 0
        assert not self.acceptor.accepting
        self.sock.close()


@contextlib.asynccontextmanager
async def door(address: str = "127.0.0.1") -> AsyncIterator[Door]:
    made = Door(address)
    try:
        yield made
    finally:
        await made.close()
    assert not made.defects


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_client_becomes_a_connection_that_knows_both_names(address: str) -> None:
    async with door(address) as made:
        made.acceptor.start()
        made.acceptor.start()
        names: list[object] = []
        client = made.client()
        await until(lambda: bool(made.owners))
        (owner,) = made.owners
        names += [owner.transport.get_extra_info("peername"), owner.transport.get_extra_info("sockname")]
        assert names == [client.getsockname(), client.getpeername()]
        assert not owner.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        client.sendall(b"x")
        await until(lambda: owner.data == b"x")
        assert client.recv(10) == b"x"


async def test_the_name_of_a_client_that_is_gone_already_is_known_when_the_connection_is_made() -> None:
    async with door() as made:
        client = made.client()
        expected = client.getsockname()
        client.close()
        seen: list[object] = []

        def factory() -> Owner:
            owner = Owner()
            owner.on_made = lambda: seen.append(owner.transport.get_extra_info("peername"))
            made.owners.append(owner)
            return owner

        acceptor = Acceptor(made.poller, made.sock.fileno(), factory, made.ran_short)
        acceptor.start()
        await until(lambda: bool(seen))
        assert seen == [expected]
        await until(lambda: made.owners[0].lost)


async def test_clients_wait_while_it_is_stopped() -> None:
    async with door() as made:
        made.acceptor.start()
        made.acceptor.stop()
        made.acceptor.stop()
        client = made.client()
        client.sendall(b"x")
        await turns(20)
        assert made.owners == []
        made.acceptor.start()
        await until(lambda: bool(made.owners))
        await until(lambda: made.owners[0].data == b"x")


async def test_a_limit_that_the_last_connection_reaches_lets_no_further_one_in() -> None:
    async with door() as made:
        made.limit = 3
        for _ in range(10):
            made.client()
        made.acceptor.start()
        await until(lambda: len(made.owners) == 3)
        await turns(20)
        assert len(made.owners) == 3
        assert not made.acceptor.accepting


async def test_those_in_the_queue_are_taken_at_once_on_demand() -> None:
    async with door() as made:
        for _ in range(2 * ACCEPTS + 1):
            made.client()
        made.acceptor.take_queued()
        assert len(made.owners) == 2 * ACCEPTS + 1


async def test_one_event_takes_a_bounded_number() -> None:
    async with door() as made:
        for _ in range(ACCEPTS + 5):
            made.client()
        made.acceptor.start()
        await until(lambda: len(made.owners) == ACCEPTS + 5)


async def test_it_stops_and_says_so_where_descriptors_are_used_up() -> None:
    async with door() as made:
        made.client().sendall(b"x")
        made.acceptor.start()
        with all_descriptors_taken():
            await until(lambda: made.shortages == 1)
            assert not made.acceptor.accepting
            await turns(20)
            assert made.shortages == 1
            assert made.owners == []
        made.acceptor.start()
        await until(lambda: bool(made.owners))
        await until(lambda: made.owners[0].data == b"x")


async def test_a_factory_that_fails_costs_its_client_only() -> None:
    async with door() as made:
        calls: list[int] = []

        def factory() -> Owner:
            calls.append(1)
            if len(calls) == 1:
                raise ArithmeticError
            return made.new_owner()

        acceptor = Acceptor(made.poller, made.sock.fileno(), factory, made.ran_short)
        acceptor.start()
        first, second = made.client(), made.client()
        second.sendall(b"x")
        await until(lambda: bool(made.owners) and made.owners[0].data == b"x")
        assert first.recv(1) == b""
        assert second.recv(1) == b"x"
        assert [type(error) for error in made.defects] == [ArithmeticError]
        made.defects.clear()


async def test_a_socket_that_does_not_listen_is_given_up_without_a_spin() -> None:
    async with door() as made:
        acceptor = Acceptor(made.poller, made.sock.fileno(), made.new_owner, made.ran_short)
        acceptor.start()
        made.client()
        # Linux lets a listening socket be shut down: accept(2) fails with EINVAL from then on, and poll reports it.
        made.sock.shutdown(socket.SHUT_RD)
        await until(lambda: made.shortages == 1)
        assert not acceptor.accepting
