"""A client that sends much at once, beside others."""

import asyncio

from app.core.serving.protocol import TURN_BYTES, HttpProtocol
from tests.support.server import serve_app
from tests.support.wire import CHUNKED, CLOSE, Echo, ask

CHUNKS = 100_000


class Watched(HttpProtocol):
    """Notes how much of what its clients send is read before anybody else has a turn."""

    in_turn = 0
    longest = 0

    def _feed(self, data: bytes) -> None:
        if not self.in_turn:
            asyncio.get_running_loop().call_soon(self._end_turn)
        self.in_turn += len(data)
        super()._feed(data)

    def _end_turn(self) -> None:
        Watched.longest = max(Watched.longest, self.in_turn)
        self.in_turn = 0


class TestTurns:
    async def test_others_come_first(self) -> None:
        """Of a long body a part is read at a time, and all of it arrives in its order."""
        letters = (b"abcdefghij" * (CHUNKS // 10)).decode()
        chunks = "".join(f"1\r\n{letter}\r\n" for letter in letters).encode()
        async with serve_app(Echo(), protocol=Watched) as url:
            answer = await ask(url, CHUNKED + CLOSE + b"\r\n" + chunks + b"0\r\n\r\n")
        assert letters.encode() in answer.body
        assert Watched.longest <= 2 * TURN_BYTES
