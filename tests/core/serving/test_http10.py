"""HTTP/1.0."""

from tests.support.wire import Answer, ask, connect

KEEP = b"Connection: keep-alive\r\n"


class TestHttp10:
    async def test_stream_ends_with_the_connection(self, server: str) -> None:
        """An answer without a length has no chunks, and ends with the connection."""
        answer = await ask(server, b"GET /stream HTTP/1.0\r\n" + KEEP + b"\r\n")
        assert "transfer-encoding" not in answer.headers
        assert (answer.headers["connection"], answer.body) == ("close", b"one two")

    async def test_connection_closes_unless_asked(self, server: str) -> None:
        """The connection closes after an answer, though its length is known."""
        answer = await ask(server, b"GET /echo HTTP/1.0\r\n\r\n")
        assert (answer.status, answer.headers["connection"]) == (200, "close")

    async def test_connection_is_kept_if_asked(self, server: str) -> None:
        """A client that asks for it sends its next request on the same connection."""
        reader, writer = await connect(server)
        for _ in range(2):
            writer.write(b"GET /echo HTTP/1.0\r\n" + KEEP + b"\r\n")
            answer = Answer(await reader.readuntil(b"\r\n\r\n"))
            assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")
            await reader.readexactly(int(answer.headers["content-length"]))
        writer.close()

    async def test_nobody_is_told_to_continue(self, server: str) -> None:
        """The answer to a client that expects to be told to go on is the first that it gets."""
        head = b"POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        assert (await ask(server, head + b"abc")).status == 200
