"""Streams of a grammar: each ends as documented, none loses text that came, none hangs.

`FUZZED_STREAMS=20000 python -m pytest tests/chat/test_upstream_fuzz.py` tries that many.
"""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator, Iterable
from random import Random

import pytest

from app.chat.attempts import Service
from app.chat.decoding import CompletionDecoder
from app.chat.events import Delta
from app.chat.upstream import Upstream
from app.core.exceptions import BragError
from app.core.llm import create_openai
from settings import Settings
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import CUT, raw_stream
from tests.support.upstream_grammar import random_stream

SEEDS = range(int(os.environ.get("FUZZED_STREAMS", "100")))
PATIENCE_SEC = 10
ERRORS = {"openai_error", "failed_processing"}
LABELS = ("text/event-stream", "text/event-stream; charset=utf-8", "application/json", "")

Ending = tuple[str, str | None]  # the text, and the code of the error after it


def decode(*parts: bytes) -> Ending:
    """How a stream ends that comes in these parts."""
    decoder = CompletionDecoder()
    deltas = [delta for part in parts for delta in decoder.feed(part)] + decoder.close()
    return "".join(delta.content for delta in deltas), code_of(decoder)


def code_of(decoder: CompletionDecoder) -> str | None:
    """The code of the error with which a stream ends."""
    if decoder.refusal:
        return decoder.refusal.error("m").code
    try:
        decoder.check_whole()
    except BragError as error:
        return error.code
    return None


async def ask(upstream: Upstream) -> Ending:
    """How the answer of an upstream ends."""
    text = ""
    try:
        async for part in upstream.complete("m", [{"role": "user", "content": ""}], stream=True):
            text += part.content if isinstance(part, Delta) else ""
    except BragError as error:
        return text, error.code
    return text, None


def cuts(seed: int, size: int) -> Iterable[int]:
    """Where a stream is cut: at every byte if it is one of the first, else here and there."""
    return range(size + 1) if seed < 10 else Random(seed).choices(range(size + 1), k=30)


class TestDecoding:
    """Streams as bytes."""

    def test_cut_anywhere(self) -> None:
        """Wherever the network cuts a stream, its text and its end are the same."""
        for seed in SEEDS:
            stream = random_stream(Random(seed))
            data, ending = stream.data, (stream.text(), stream.code)
            assert decode(data) == ending, seed
            assert decode(*(data[n : n + 1] for n in range(len(data)))) == ending, seed
            for cut in cuts(seed, len(data)):
                assert decode(data[:cut], data[cut:]) == ending, (seed, cut)

    def test_ended_anywhere(self) -> None:
        """Wherever a stream breaks off, all text that came is there, or an error tells why none."""
        for seed in SEEDS:
            stream = random_stream(Random(seed))
            for size in cuts(seed, len(stream.data)):
                text, code = decode(stream.data[:size])
                assert text == stream.text(size), (seed, size)
                assert code in ERRORS or (code is None and text), (seed, size)


@pytest.fixture
async def upstream(fake_openai: FakeOpenAI) -> AsyncIterator[Upstream]:
    """What asks the model behind the wire."""
    settings = Settings(OPENAI_BASE_URL=fake_openai.url)
    async with await asyncio.to_thread(create_openai, settings) as client:
        yield Upstream(Service(client))


class TestOnTheWire:
    """The same streams from a server."""

    async def test_ends_as_documented(self, upstream: Upstream, fake_openai: FakeOpenAI) -> None:
        """Whatever its label, its compression and its pace, a stream ends as its bytes say."""
        for seed in SEEDS:
            random = Random(seed)
            stream = random_stream(random)
            data, encoding = stream.data, "identity"
            if random.random() < 0.2:
                data, encoding = gzip.compress(data), "gzip"
            label, split = random.choice(LABELS), random.choice((7, 100, 9999))
            fake_openai.reply(
                raw_stream(data, split, content_type=label, content_encoding=encoding)
            )
            ending = await asyncio.wait_for(ask(upstream), PATIENCE_SEC)
            assert ending == (stream.text(), stream.code), seed

    async def test_broken_connection(self, upstream: Upstream, fake_openai: FakeOpenAI) -> None:
        """A connection that breaks takes nothing of the text that came over it."""
        for seed in SEEDS:
            random = Random(seed)
            stream = random_stream(random)
            size = random.randrange(len(stream.data) + 1)
            fake_openai.reply(raw_stream(stream.data[:size], 100, CUT))
            text, code = await asyncio.wait_for(ask(upstream), PATIENCE_SEC)
            assert text == stream.text(size), (seed, size)
            assert code in ERRORS or (code is None and text), (seed, size)
