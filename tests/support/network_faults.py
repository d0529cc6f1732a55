"""What can be wrong with a network: Toxiproxy's list, and single calls that are lost."""

import asyncio
from typing import TYPE_CHECKING, Final

from tests.support.links import Link

if TYPE_CHECKING:
    from tests.support.network import Network

PIECE_BYTES: Final = 4096


class Fault:
    """What a network does while this is in force; this one passes everything on."""

    is_harmless = False  # slower than usual, and nothing else
    is_passing = False
    has_struck = False

    async def begin(self, network: "Network") -> None:
        """Comes into force."""
        self.has_struck = True

    async def end(self, network: "Network") -> None:
        """Ends."""

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Does with data that is on its way to `writer` what this fault does."""
        writer.write(data)
        await writer.drain()


class Latency(Fault):
    """Everything is late."""

    is_harmless = True

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Waits, then passes on."""
        await asyncio.sleep(self._seconds)
        await super().transfer(link, data, writer)


class Bandwidth(Fault):
    """A thin line."""

    is_harmless = True

    def __init__(self, bytes_per_sec: float) -> None:
        self._bytes_per_sec = bytes_per_sec

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Passes a piece on and waits for as long as it takes."""
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            await super().transfer(link, piece, writer)
            await asyncio.sleep(len(piece) / self._bytes_per_sec)


class Slices(Fault):
    """What was sent at once comes in pieces."""

    is_harmless = True

    def __init__(self, size: int) -> None:
        self._size = size

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Passes slices on, each by itself."""
        for start in range(0, len(data), self._size):
            await super().transfer(link, data[start : start + self._size], writer)
            await asyncio.sleep(0)


class Reset(Fault):
    """Every connection is reset, a new one as soon as something is sent on it."""

    async def begin(self, network: "Network") -> None:
        """Resets what is there."""
        await super().begin(network)
        network.reset()

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Passes nothing on."""
        link.reset()


class Cut(Fault):
    """Every connection is closed once the server has sent so many more bytes on it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._left: dict[Link, int] = {}

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Passes on what may still pass."""
        if writer is link.server:
            return await super().transfer(link, data, writer)
        left = self._left.setdefault(link, self._count)
        await super().transfer(link, data[:left], writer)
        self._left[link] = left - len(data)
        if len(data) >= left:
            link.close()
        return None


class Refuse(Fault):
    """Nobody listens."""

    async def begin(self, network: "Network") -> None:
        """Breaks what is there, and takes no connection."""
        await super().begin(network)
        await network.refuse()

    async def end(self, network: "Network") -> None:
        """Takes connections."""
        await network.resume()


class Hang(Fault):
    """What is sent is taken, and nothing comes of it until this ends."""

    async def begin(self, network: "Network") -> None:
        """Passes nothing on."""
        await super().begin(network)
        network.hang()

    async def end(self, network: "Network") -> None:
        """Passes on, also what was held back."""
        network.pass_on()


class LostCall(Fault):
    """The n-th call is lost with its connection, or only its answer is.

    Where the fault `stays`, every later call is lost as well.
    """

    def __init__(self, number: int, *, answer_only: bool, stays: bool) -> None:
        self._number = number
        self._answer_only = answer_only
        self.is_passing = not stays
        self._calls = 0
        self._losing: set[Link] = set()

    async def begin(self, network: "Network") -> None:
        """Counts from now on: it strikes with the call."""

    async def transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Passes on what is not lost."""
        if link.begins_call:
            self._begin_call(link)
        if link not in self._losing or (self._answer_only and writer is link.server):
            return await super().transfer(link, data, writer)
        self.has_struck = True
        return link.reset()

    def _begin_call(self, link: Link) -> None:
        self._calls += 1
        if self._calls == self._number or (not self.is_passing and self._calls > self._number):
            self._losing.add(link)
