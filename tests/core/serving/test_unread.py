"""An answer that is given before the body has come."""

from tests.support.wire import CLOSE, ask


class TestUnreadBody:
    async def test_answer_arrives_where_the_connection_ends(self, server: str) -> None:
        """Who asks for the connection to end is not reset while the body is on its way."""
        head = b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n" + CLOSE
        answer = await ask(server, head + b"\r\n" + bytes(4_000_000))
        assert answer.status == 404
        head = b"POST /nothing HTTP/1.0\r\nContent-Length: 4000000\r\n\r\n"
        assert (await ask(server, head + bytes(4_000_000))).status == 404
