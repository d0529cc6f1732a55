"""The line between the service and its parser: messages of bytes, each within a deadline."""

import socket
import time
from math import inf
from struct import Struct
from typing import Final

LENGTH: Final = Struct(">I")


class Line:
    """One end of a connection. A message is its length and its bytes, and never runs code.

    Raises TimeoutError after a deadline, EOFError or another OSError where the other end is gone,
    ValueError for a message that is longer than it may be.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, message: bytes, deadline: float = inf) -> None:
        """Sends a message; `deadline` is by the monotonic clock."""
        for part in (LENGTH.pack(len(message)), message):
            self._wait_until(deadline)
            self._connection.sendall(part)

    def receive(self, at_most: int, deadline: float = inf) -> bytes:
        """The next message, of at most so many bytes."""
        [length] = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > at_most:
            raise ValueError(f"A message of {length} bytes, where {at_most} are the most.")
        return self._read(length, deadline)

    def close(self) -> None:
        """Closes this end."""
        self._connection.close()

    def _read(self, length: int, deadline: float) -> bytes:
        message = bytearray(length)
        left = memoryview(message)
        while left:
            self._wait_until(deadline)
            count = self._connection.recv_into(left)
            if not count:
                raise EOFError
            left = left[count:]
        return bytes(message)

    def _wait_until(self, deadline: float) -> None:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        self._connection.settimeout(None if seconds == inf else seconds)
