"""The event loop that a server runs on: uvloop, which lets new clients in even when it is busy."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import uvloop

ACCEPTED_AT_ONCE: Final = 64  # not all: other processes may listen on the same socket

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

        def let_in() -> asyncio.BaseProtocol:
            for listening in server.sockets:
                self._let_others_in(listening.fileno(), protocol_factory, options.get("ssl"))
            return protocol_factory()

        server: Any = await super().create_server(let_in, *args, **options)
        return server  # type: ignore[no-any-return]

    def _let_others_in(self, number: int, protocol_factory: ProtocolFactory, ssl: Any) -> None:
        listening = socket.socket(fileno=number)
        listening.settimeout(0)
        try:
            with suppress(OSError):  # no more of them, or no room: the next turn will tell
                for _ in range(ACCEPTED_AT_ONCE - 1):
                    client, _ = listening.accept()
                    client.settimeout(0)
                    self.create_task(
                        self.connect_accepted_socket(protocol_factory, client, ssl=ssl)
                    )
        finally:
            listening.detach()  # it is the server's
