"""Clients that are slow or silent, before a server with little patience."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.core.serving.bounds import Bounds
from app.core.serving.protocol import HttpProtocol
from tests.support.server import serve_app
from tests.support.wire import GET, POST, Answer, Echo, ask, connect, send


class Impatient(HttpProtocol):
    """The protocol of the service, with short times."""

    bounds = Bounds(head_sec=0.1, body_window_sec=0.2, reader_sec=0.2)


@pytest.fixture(scope="module")
async def impatient() -> AsyncIterator[str]:
    """The URL of a server with short times."""
    async with serve_app(Echo(), protocol=Impatient) as url:
        yield url


class TestSenders:
    async def test_silent_client_is_left(self, impatient: str) -> None:
        """Who connects and says nothing is left without a word, as is who sends an empty line."""
        assert await send(impatient, b"") == b""
        assert await send(impatient, b"\r\n") == b""

    @pytest.mark.parametrize("data", [GET, POST + b"Content-Length: 9\r\n\r\nabc"])
    async def test_unfinished_request_is_a_408(self, impatient: str, data: bytes) -> None:
        """A request that does not go on is a 408."""
        answer = await ask(impatient, data)
        assert (answer.status, answer.problem["code"]) == (408, "request_timeout")

    async def test_late_second_head_is_a_408(self, impatient: str) -> None:
        """A later request on the same connection has as long as the first, and no longer."""
        reader, writer = await connect(impatient)
        writer.write(GET + b"\r\n")
        answer = Answer(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(int(answer.headers["content-length"]))
        writer.write(GET)
        assert Answer(await reader.read()).status == 408
        writer.close()

    async def test_refusal_has_the_id_of_the_log(self) -> None:
        """The 408 of a request that has begun has the id that all its log lines have."""
        async with serve_app(app := Echo(), protocol=Impatient) as url:
            answer = await ask(url, POST + b"Content-Length: 9\r\n\r\n")
        assert app.ids == [answer.problem["request_id"]]

    async def test_rest_of_a_refused_body_is_not_waited_for(self, impatient: str) -> None:
        """A client that has its answer and does not send its body on is left."""
        head = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"
        answers = await send(impatient, head + b"abc")
        assert answers.count(b"HTTP/1.1 ") == answers.count(b"HTTP/1.1 404 ") == 1


class TestReaders:
    @pytest.mark.parametrize("behind", [b"", GET + b"\r\n"], ids=["alone", "pipelined"])
    async def test_who_takes_nothing_is_left(self, behind: bytes) -> None:
        """A client that reads nothing loses its connection, and its answer ends."""
        async with serve_app(app := Echo(), protocol=Impatient) as url:
            _, writer = await connect(url)
            writer.write(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n" + behind)
            await asyncio.wait_for(app.left.wait(), 10)
            writer.close()

    async def test_who_reads_on_is_served(self) -> None:
        """A client that reads on is served on, for longer than a reader may do nothing."""
        async with serve_app(app := Echo(), protocol=Impatient) as url:
            reader, writer = await connect(url)
            writer.write(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            loop = asyncio.get_running_loop()
            end = loop.time() + 2 * Impatient.bounds.reader_sec
            while loop.time() < end:
                await reader.readexactly(2**20)
            assert not app.left.is_set()
            writer.close()
