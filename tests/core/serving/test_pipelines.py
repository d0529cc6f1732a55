"""Requests that a client sends before it has the answer to the one before."""

import asyncio

from tests.support.server import serve_app
from tests.support.wire import CHUNKED, CLOSE, GET, Echo, connect, send

OK = b"HTTP/1.1 200 OK"


def numbered(number: int) -> bytes:
    """A request that is known by its answer."""
    return GET + b"X-Request-ID: n%d\r\n\r\n" % number


class TestPipeline:
    async def test_answers_keep_the_order(self, server: str) -> None:
        """Several requests in one piece are answered one after the other."""
        data = b"".join(map(numbered, range(9)))
        answers = await send(server, data + GET + CLOSE + b"\r\n")
        places = [answers.index(b"x-request-id: n%d\r\n" % number) for number in range(9)]
        assert places == sorted(places)
        assert answers.count(OK) == 10

    async def test_rubbish_leaves_earlier_answers_whole(self, server: str) -> None:
        """What comes before rubbish is answered, and nothing is written into the answer."""
        for rubbish in (b"RUBBISH\r\n\r\n", CHUNKED + b"\r\nx\r\n"):
            answers = await send(server, numbered(1) + numbered(2) + rubbish)
            assert answers.count(b"HTTP/1.1 ") == answers.count(OK) == 2

    async def test_number_that_waits_is_bounded(self, server: str) -> None:
        """Of very many requests some are answered; then the connection closes."""
        answers = await send(server, numbered(1) * 1_000)
        assert answers.count(OK) == 17

    async def test_client_that_leaves_ends_what_is_answered(self) -> None:
        """A client that leaves ends the answer under way, though another request waits."""
        async with serve_app(app := Echo()) as url:
            reader, writer = await connect(url)
            writer.write(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n" + numbered(1))
            await reader.readexactly(1_000)
            writer.transport.abort()
            await asyncio.wait_for(app.left.wait(), 5)
