"""A network between the application and a server that a test can break."""

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Self

from tests.support.links import Link, Traffic
from tests.support.network_faults import Fault


@dataclass
class Fuse:
    """A fault that comes into force once so many bytes have passed."""

    bytes_left: int
    fault: Fault


class Network:
    """A TCP port in the running loop that leads to a server.

    `held` is set once something that was sent during a hang is held back.
    """

    def __init__(self, target: str | tuple[str, int]) -> None:
        """`target` is the path of a unix socket, or an address."""
        self._target = target
        self._links: set[Link] = set()
        self._accepted: set[asyncio.StreamWriter] = set()  # with which the server is not yet joined
        self._passing = _set_event()
        self._hanging: list[asyncio.Event] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._fault = Fault()
        self._fuse: Fuse | None = None
        self.broken_at = 0.0  # when the last fault came into force
        self.port = 0
        self.held = asyncio.Event()
        self.traffic = Traffic()

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._links)

    async def __aenter__(self) -> Self:
        await self.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        for passing in (self._passing, *self._hanging):
            passing.set()  # what hangs does not notice that its connection is gone

    async def begin(self, fault: Fault) -> None:
        """Brings a fault into force."""
        self.broken_at = perf_counter()
        self._fault = fault
        await fault.begin(self)

    async def end(self) -> None:
        """Ends every fault, also what has not come into force yet."""
        self._fuse = None
        fault, self._fault = self._fault, Fault()
        await fault.end(self)

    def begin_after(self, count: int, fault: Fault) -> None:
        """Brings a fault into force when so many more bytes have passed."""
        self._fuse = Fuse(count, fault)

    async def resume(self) -> None:
        """Takes connections."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.settimeout(0)
        self.port = self._listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def hang(self) -> None:
        """Takes whatever comes and passes nothing on, as a dead machine does."""
        self._passing.clear()

    def pass_on(self) -> None:
        """Ends a hang."""
        self._passing.set()

    def fail_over(self) -> None:
        """Lets new connections through; those that hang do so for ever."""
        self._hanging.append(self._passing)
        self._passing = _set_event()

    def forget(self) -> None:
        """Breaks every connection whose client sends anything more, as a firewall does."""
        for link in self._links:
            link.is_forgotten = True

    def cut(self) -> None:
        """Breaks every connection, as a restart of the server does."""
        for link in self._links:
            link.client.transport.abort()
            link.server.transport.abort()
        for client in self._accepted:
            client.transport.abort()

    def reset(self) -> None:
        """Breaks every connection, and tells both sides by a TCP reset."""
        for link in self._links:
            link.reset()

    async def refuse(self) -> None:
        """Breaks every connection, and takes no new one."""
        if self._listener.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        self.cut()

    def _accept(self) -> None:
        """Takes a connection. asyncio's own server would lose what it accepts just as it closes."""
        with suppress(BlockingIOError):
            accepted, _ = self._listener.accept()
            task = asyncio.create_task(self._connect(accepted))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=accepted)
        passing = self._passing
        self.traffic.connections += 1
        self._accepted.add(writer)
        try:
            server_reader, server_writer = await self._open()
        except OSError:
            writer.transport.abort()
            return None
        finally:
            self._accepted.discard(writer)
        link = Link(writer, server_writer, passing)
        if writer.transport.is_closing():
            return link.close()
        self._links.add(link)
        try:
            await asyncio.gather(
                self._pump(link, reader, server_writer), self._pump(link, server_reader, writer)
            )
        finally:
            self._links.discard(link)
            link.close()
        return None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, str):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)

    async def _pump(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if link.is_forgotten and writer is link.server:
                    link.client.transport.abort()
                    break
                self._count(link, data, writer)
                await self._transfer(link, data, writer)
        writer.close()

    def _count(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        self.traffic.bytes += len(data)
        link.begins_call = writer is link.server and link.is_answered
        self.traffic.calls += link.begins_call
        link.is_answered = writer is link.client

    async def _transfer(self, link: Link, data: bytes, writer: asyncio.StreamWriter) -> None:
        if not link.passing.is_set():
            self.held.set()
            await link.passing.wait()
        if self._fuse is not None:
            fuse = self._fuse
            before, data = data[: fuse.bytes_left], data[fuse.bytes_left :]
            fuse.bytes_left -= len(before)
            writer.write(before)
            if not data:
                return
            self._fuse = None
            await self.begin(fuse.fault)
            if not link.passing.is_set():
                await link.passing.wait()
        await self._fault.transfer(link, data, writer)


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
