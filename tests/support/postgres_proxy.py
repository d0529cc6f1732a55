"""A network between the application and Postgres that a test can break."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from sqlalchemy import make_url


class PostgresProxy:
    """A TCP port in the running loop that leads to the unix socket of the embedded Postgres.

    `held` is set once something that was sent during a hang is held back.
    """

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        self._socket = f"{url.query['host']}/.s.PGSQL.{url.query['port']}"
        self._database = url.database
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing = _set_event()
        self._hanging: list[asyncio.Event] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._port = 0
        self.held = asyncio.Event()

    @property
    def url(self) -> str:
        """The DATABASE_URL of an application behind this network."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{self._database}?sslmode=disable"

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._writers) // 2

    async def __aenter__(self) -> Self:
        await self.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        for passing in (self._passing, *self._hanging):
            passing.set()  # what hangs does not notice that its connection is gone

    async def resume(self) -> None:
        """Takes connections."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._listener.settimeout(0)
        self._port = self._listener.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept())

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
        self._forgotten |= self._writers

    def cut(self) -> None:
        """Breaks every connection, as a restart of Postgres does."""
        for writer in self._writers:
            writer.transport.abort()

    async def refuse(self) -> None:
        """Breaks every connection, and takes no new one."""
        self._accepting.cancel()
        await asyncio.wait([self._accepting])
        self._listener.close()
        self.cut()

    async def _accept(self) -> None:
        """Not asyncio's own server: that loses what it accepts in the moment in which it closes."""
        while True:
            accepted, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            reader, writer = await asyncio.open_connection(sock=accepted)
            self._writers.add(writer)
            task = asyncio.create_task(self._connect(reader, writer))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = self._passing
        async with self._kept(writer):
            server_reader, server_writer = await asyncio.open_unix_connection(self._socket)
            async with self._kept(server_writer):
                await asyncio.gather(
                    self._pump(reader, writer, server_writer, passing),
                    self._pump(server_reader, server_writer, writer, passing),
                )

    @asynccontextmanager
    async def _kept(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        sender: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        passing: asyncio.Event,
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if sender in self._forgotten:
                    sender.transport.abort()
                    break
                if not passing.is_set():
                    self.held.set()
                    await passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
