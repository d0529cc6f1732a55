"""The event loop that a server runs on."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import ClassVar, cast

import pytest

from app.core.loop import ACCEPTED_AT_ONCE, Loop, SharingLoop

CLIENTS = 200
TOO_MANY = 1_000  # turns


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    """Clients that are to connect in the same moment."""
    several = [socket.socket() for _ in range(CLIENTS)]
    yield several
    for client in several:
        client.close()


class TestLoop:
    """A server whose loop has other work to do in each of its turns."""

    def test_many_clients_are_let_in_with_every_turn(self, clients: list[socket.socket]) -> None:
        """A server lets several clients in with every turn of its loop, and serves them all."""
        with asyncio.Runner(loop_factory=Loop) as runner:
            turns = runner.run(serve(clients))
        assert turns <= CLIENTS / ACCEPTED_AT_ONCE + 10

    @pytest.mark.parametrize("loop", [Loop, SharingLoop])
    def test_closing_server_refuses_nobody_who_waits(
        self, clients: list[socket.socket], loop: type[Loop]
    ) -> None:
        """A server that closes lets all in who wait, and tells them; who comes later is refused."""
        with asyncio.Runner(loop_factory=loop) as runner:
            address = runner.run(serve_and_close(clients))
        assert len(Greeter.greeted) == CLIENTS
        assert Greeter.told >= CLIENTS - 1  # but one, whom libuv itself lets in
        with pytest.raises(ConnectionRefusedError), socket.socket() as late:
            late.connect(address)


class Greeter(asyncio.Protocol):
    """Says hello."""

    greeted: ClassVar[list[asyncio.Transport]] = []
    told: ClassVar[int] = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says it."""
        client = cast(asyncio.Transport, transport)
        client.write(b"Hello")
        self.greeted.append(client)

    def shutdown(self) -> None:
        """Is told that the server ends."""
        Greeter.told += 1


async def listen(clients: list[socket.socket]) -> asyncio.Server:
    """A server to which these clients have come in the same turn of the loop."""
    Greeter.greeted.clear()
    Greeter.told = 0
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Greeter, "127.0.0.1", 0, backlog=CLIENTS)
    for client in clients:
        client.settimeout(0)
        client.connect_ex(server.sockets[0].getsockname())
    return server


async def serve(clients: list[socket.socket]) -> int:
    """How many turns of the loop it takes to greet them all."""
    turns = 0
    with closing(await listen(clients)) as server:
        while len(Greeter.greeted) < len(clients) and turns < TOO_MANY:
            await asyncio.sleep(0)
            turns += 1
        for client in clients:
            assert await receive(client) == b"Hello"
            client.close()
    await server.wait_closed()
    return turns


async def serve_and_close(clients: list[socket.socket]) -> tuple[str, int]:
    """Closes the server while clients wait, and tells those whom it has let in, as uvicorn does.

    Returns where it was.
    """
    server = await listen(clients)
    address: tuple[str, int] = server.sockets[0].getsockname()
    while not Greeter.greeted:
        await asyncio.sleep(0)
    server.close()
    Greeter.told = len(Greeter.greeted)
    for _ in range(CLIENTS):
        await asyncio.sleep(0)
    for client in Greeter.greeted:
        client.abort()
    await server.wait_closed()
    return address


async def receive(client: socket.socket) -> bytes:
    """What comes next; nothing when the server has closed the connection."""
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 5), 5)
