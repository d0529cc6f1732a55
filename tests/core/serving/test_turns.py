"""Clients that send much at once, beside others."""

import asyncio

from app.core.serving.protocol import STEP_BYTES, HttpProtocol
from tests.support.server import serve_app
from tests.support.wire import CHUNKED, CLOSE, Echo, ask

CHUNKS = 100_000
CLIENTS = 4


class Watched(HttpProtocol):
    """Notes how much of what its clients send is read before anybody else has a turn."""

    in_turn = 0
    longest = 0

    def _feed(self, data: bytes | memoryview) -> None:
        if not Watched.in_turn:
            asyncio.get_running_loop().call_soon(self._end_turn)
        Watched.in_turn += len(data)
        super()._feed(data)

    def _end_turn(self) -> None:
        Watched.longest = max(Watched.longest, self.in_turn)
        Watched.in_turn = 0


class TestTurns:
    async def test_others_come_first(self) -> None:
        """Of all long bodies one part is read at a time, and all of each arrives in its order."""
        letters = (b"abcdefghij" * (CHUNKS // 10)).decode()
        chunks = "".join(f"1\r\n{letter}\r\n" for letter in letters).encode()
        async with serve_app(Echo(), protocol=Watched) as url:
            request = CHUNKED + CLOSE + b"\r\n" + chunks + b"0\r\n\r\n"
            answers = await asyncio.gather(*(ask(url, request) for _ in range(CLIENTS)))
        assert all(letters.encode() in answer.body for answer in answers)
        assert Watched.longest <= 2 * STEP_BYTES
