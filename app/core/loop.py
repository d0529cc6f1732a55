"""The event loop that a server runs on: uvloop, which lets clients in sooner, and loses none."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, ClassVar, Final, Protocol

import uvloop

ACCEPTED_AT_ONCE: Final = 64
BACKLOG: Final = 2048  # of gunicorn and uvicorn: no more clients can wait


class Client(Protocol):
    """The protocol of a connection, as uvicorn has it."""

    def shutdown(self) -> None:
        """Ends the connection once the answers that it owes are sent."""


class Loop(uvloop.Loop):
    """Lets up to ACCEPTED_AT_ONCE clients in with each turn.

    libuv lets in one (its pull request 3696), and a turn takes as long as all that is ready: with
    250 streams under way it kept the last of 250 new clients waiting for 2.5 seconds.
    """

    accepted_at_once: ClassVar[int] = ACCEPTED_AT_ONCE

    async def create_server(  # type: ignore[override]  # there it has overloads
        self, protocol_factory: Callable[[], Any], *args: Any, **options: Any
    ) -> "Server":
        """A server; clients that wait when it closes are let in, and told that it ends."""

        def accept() -> Any:
            let_in_waiting(self.accepted_at_once - 1)  # libuv accepts one
            return protocol_factory()

        def let_in_waiting(most: int) -> None:
            for listening in server.sockets:
                for client in _waiting_clients(listening.fileno(), most):
                    self.create_task(let_in(client))

        async def let_in(socket_: socket.socket) -> None:
            with suppress(OSError):  # it has left, or its handshake failed
                client: Client
                _, client = await self.connect_accepted_socket(
                    protocol_factory, socket_, ssl=options.get("ssl")
                )
                if not server.is_serving():  # its other clients have been told already
                    client.shutdown()

        server: Any = await super().create_server(accept, *args, **options)
        return Server(server, let_in_waiting)


class SharingLoop(Loop):
    """Lets in one client with each turn, so that several processes share those of a burst."""

    accepted_at_once: ClassVar[int] = 1


class Server:
    """uvloop's server, which resets the connections of clients that wait when it is closed."""

    def __init__(self, server: Any, let_in_waiting: Callable[[int], None]) -> None:
        self._server = server
        self._let_in_waiting = let_in_waiting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def close(self) -> None:
        """Lets in the clients that wait, and no others."""
        if self._server.is_serving():
            self._let_in_waiting(BACKLOG)
        self._server.close()


def _waiting_clients(descriptor: int, most: int) -> Iterator[socket.socket]:
    """At most so many of the clients that wait at a listening socket."""
    listening = socket.socket(fileno=descriptor)
    listening.settimeout(0)
    try:
        with suppress(OSError):  # no more of them, or no room: the next turn will tell
            for _ in range(most):
                client, _ = listening.accept()
                client.settimeout(0)
                yield client
    finally:
        listening.detach()  # it is the server's
