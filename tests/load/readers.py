"""Clients that read streams, leave them, and come back, as EventSource does."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from sys import maxsize
from typing import Final

import aiohttp

from benchmarks.answers import Answer, question
from tests.support.asking import COMPLETION_STREAM
from tests.support.server import Event, content_of, parse_events

IDS: Final = re.compile(rb"(?m)^id: (\d+)$")
NUMBERS: Final[Iterator[int]] = count()  # no question is asked twice


@asynccontextmanager
async def opened_session(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """What any number of readers share; each request has a connection of its own.

    Not httpx2: at thousands of chunks a second it would take all of a core.
    """
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:
        yield session


class Reader:
    """A client of one stream; `read` are its whole events so far, byte for byte."""

    def __init__(self, session: aiohttp.ClientSession, answer: Answer) -> None:
        self.read = b""
        self.uuid = ""
        self.was_broken = False
        self._session = session
        self._answer = answer
        self._number = next(NUMBERS)

    @property
    def expected(self) -> str:
        """The text that the model generates."""
        return "".join(self._answer.pieces(self._number))

    @property
    def events(self) -> list[Event]:
        """What has been read."""
        return parse_events(self.read)

    @property
    def has_all(self) -> bool:
        """Whether it has read the whole answer, and was told that it is stored like this."""
        events = self.events
        last = events[-1] if events else None
        return (
            last is not None
            and [event["id"] for event in events] == [*range(1, len(events) + 1)]
            and content_of(events) == self.expected
            and last["event"] == "done"
            and (last["data"]["message"], last["data"]["status"]) == (self.expected, "complete")
        )

    async def ask(self, leave_after: int = maxsize) -> None:
        """Asks, and reads to the end, or leaves after so many bytes of it."""
        body = {"message": question(self._number), "model": self._answer.model}
        async with self._session.post(COMPLETION_STREAM, json=body) as response:
            await self._read(response, leave_after)

    async def resume(self) -> None:
        """Comes back, and reads what is missing."""
        ids = IDS.findall(self.read)
        headers = {"Last-Event-ID": ids[-1].decode()} if ids else {}
        path = f"/v1/messages/{self.uuid}/stream"
        async with self._session.get(path, headers=headers) as response:
            await self._read(response, maxsize)

    async def whole(self) -> bytes:
        """The whole stream, read once more."""
        async with self._session.get(f"/v1/messages/{self.uuid}/stream") as response:
            assert response.status == 200, await response.text()
            return await response.read()

    async def _read(self, response: aiohttp.ClientResponse, leave_after: int) -> None:
        """What was cut off in the midst of an event is not kept."""
        if response.status == 204:
            return  # it has all
        assert response.status == 200, await response.text()
        self.uuid = response.headers["X-Message-UUID"]
        read = bytearray(self.read)
        try:
            async for data in response.content.iter_any():
                read += data
                if len(read) >= leave_after:
                    response.close()
                    break
        except aiohttp.ClientError:
            self.was_broken = True
        del read[leave_after:]
        self.read = bytes(read[: read.rfind(b"\n\n") + 2 if b"\n\n" in read else 0])
