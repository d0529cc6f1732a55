"""Streams that are cut at any byte, and taken up again."""

import asyncio
import os
from random import Random
from typing import Final

import aiohttp
import pytest

from benchmarks.answers import Answer
from tests.load.readers import Reader, opened_session
from tests.support.deployment import Deployment

pytestmark = pytest.mark.load

CUTS: Final = int(os.environ.get("CUTS", "1000"))
AT_ONCE: Final = 50
ANSWER: Final = Answer(tokens=40, tokens_per_second=40)


class TestCuts:
    async def test_resumed_streams_are_byte_exact(self, deployment: Deployment) -> None:
        """Whichever byte a client is cut off after, it gets the rest of the very same stream."""
        random = Random()
        async with deployment.gunicorn() as server, opened_session(server.url) as session:
            whole = Reader(session, ANSWER)
            await whole.ask()
            length = len(whole.read)
            for _ in range(0, CUTS, AT_ONCE):
                cuts = [random.randrange(length) for _ in range(AT_ONCE)]
                await asyncio.gather(*(_cut(session, cut) for cut in cuts))


async def _cut(session: aiohttp.ClientSession, after: int) -> None:
    reader = Reader(session, ANSWER)
    await reader.ask(leave_after=after)
    await reader.resume()
    assert reader.has_all, f"cut after {after} bytes: {reader.read!r}"
    assert reader.read == await reader.whole(), f"cut after {after} bytes"
