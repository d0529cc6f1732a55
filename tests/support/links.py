"""Connections through a network that tests can break, and what passes on them."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Final

RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER without waiting: TCP says RST, not FIN


@dataclass(eq=False)
class Link:
    """A connection through the network."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    passing: asyncio.Event
    is_forgotten: bool = False
    is_answered: bool = True  # the server was the last that sent
    begins_call: bool = False  # what is just being passed on does

    def reset(self) -> None:
        """Breaks it, and says so to both sides."""
        for writer in (self.client, self.server):
            connection = writer.get_extra_info("socket")
            if connection.family != socket.AF_UNIX and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            writer.transport.abort()

    def close(self) -> None:
        """Ends it, as if either side had done so."""
        self.client.close()
        self.server.close()


@dataclass
class Traffic:
    """What went through a network; a call is what a client sends until it is answered."""

    connections: int = 0
    calls: int = 0
    bytes: int = 0

    def __sub__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.connections - other.connections,
            self.calls - other.calls,
            self.bytes - other.bytes,
        )
