"""Upstreams that send faster than any model writes: others come between their chunks."""

import asyncio
from collections import Counter
from typing import Any

import orjson
import pytest

from app.chat.attempts import STEP_BYTES, Service
from app.chat.decoding import CompletionDecoder
from app.chat.events import Delta
from app.chat.upstream import Upstream
from app.core.llm import create_openai
from settings import Settings
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import raw_stream
from tests.support.turns import counted_turns

STREAMS = 4
PIECES = [f"word {number} " for number in range(1000)]
CHUNKS: list[dict[str, Any]] = [
    *({"delta": {"content": piece}} for piece in PIECES),
    {"delta": {}, "finish_reason": "stop"},
]
EVENTS = b"".join(b"data: %b\n\n" % orjson.dumps({"choices": [chunk]}) for chunk in CHUNKS)


class TestFastUpstreams:
    async def test_share_the_loop(
        self, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many streams there are, a turn of the loop reads little, and all texts come."""
        read: Counter[int] = Counter()
        feed = CompletionDecoder.feed

        def counted(self: CompletionDecoder, data: bytes) -> Any:
            read[turns.number] += len(data)
            return feed(self, data)

        monkeypatch.setattr(CompletionDecoder, "feed", counted)
        fake_openai.reply(raw_stream(EVENTS, len(EVENTS)), times=STREAMS)
        settings = Settings(OPENAI_BASE_URL=fake_openai.url)
        async with await asyncio.to_thread(create_openai, settings) as client:
            upstream = Upstream(Service(client))
            with counted_turns() as turns:
                texts = await asyncio.gather(*(_text(upstream) for _ in range(STREAMS)))
        assert texts == ["".join(PIECES)] * STREAMS
        # One step, and the short ends of what was read of others.
        assert max(read.values()) <= STREAMS * STEP_BYTES


async def _text(upstream: Upstream) -> str:
    prompt = [{"role": "user", "content": "Hello"}]
    parts = upstream.complete("m", prompt, stream=True)
    return "".join([part.content async for part in parts if isinstance(part, Delta)])
