"""The event loop that a server runs on: uvloop, which lets new clients in even when it is busy."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import uvloop

ACCEPTED_AT_ONCE: Final = 64

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class Loop(uvloop.Loop):
    """Lets up to ACCEPTED_AT_ONCE clients in with each turn.

    libuv lets in one (its pull request 3696), and a turn takes as long as all that is ready: with
    250 streams under way it kept the last of 250 new clients waiting for 2.5 seconds.
    """

    async def create_server(  # type: ignore[override]
        self, protocol_factory: ProtocolFactory, *args: Any, **options: Any
    ) -> asyncio.AbstractServer:
        """A server, as of any loop."""

        def accept() -> asyncio.BaseProtocol:
            for listening in server.sockets:
                for client in _waiting_clients(listening.fileno()):
                    self.create_task(let_in(client))
            return protocol_factory()

        async def let_in(client: socket.socket) -> None:
            with suppress(OSError):  # it has left, or its handshake failed
                transport: Any
                transport, _ = await self.connect_accepted_socket(
                    protocol_factory, client, ssl=options.get("ssl")
                )
                if not server.is_serving():  # its other clients have been told already
                    transport.close()

        server: Any = await super().create_server(accept, *args, **options)
        return server  # type: ignore[no-any-return]


def _waiting_clients(number: int) -> Iterator[socket.socket]:
    """Those who wait at the listening socket of this number, but for one, whom libuv accepts."""
    listening = socket.socket(fileno=number)
    listening.settimeout(0)
    try:
        with suppress(OSError):  # no more of them, or no room: the next turn will tell
            for _ in range(ACCEPTED_AT_ONCE - 1):
                client, _ = listening.accept()
                client.settimeout(0)
                yield client
    finally:
        listening.detach()  # it is the server's
