"""The fake OpenAI API, as the real client sees it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from tests.fakes import FakeOpenAI, refusing_url
from tests.replies import CUT, Piece, after, body, completion, error, stream, text


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    """The server."""
    async with FakeOpenAI() as server:
        yield server


@pytest_asyncio.fixture
async def client(fake: FakeOpenAI) -> AsyncIterator[AsyncOpenAI]:
    """The client, which does not retry."""
    async with AsyncOpenAI(api_key="sk-test", base_url=fake.url, max_retries=0) as openai_client:
        yield openai_client


async def ask(client: AsyncOpenAI, question: str = "Who goes there?") -> str | None:
    """The content of one JSON completion."""
    answer = await client.chat.completions.create(
        model="fake-model", messages=[{"role": "user", "content": question}]
    )
    return answer.choices[0].message.content


async def chunks(client: AsyncOpenAI) -> AsyncGenerator[ChatCompletionChunk, None]:
    """The chunks of one streamed completion."""
    answer = await client.chat.completions.create(
        model="fake-model",
        messages=[{"role": "user", "content": "Who goes there?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in answer:
        yield chunk


async def contents(client: AsyncOpenAI) -> list[str]:
    """The pieces of text in one streamed completion."""
    pieces = [c.choices[0].delta.content async for c in chunks(client) if c.choices]
    return [piece for piece in pieces if piece]


@pytest.mark.asyncio
class TestJson:
    async def test_echo(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """Without a queued reply the question comes back, and the request is in the history."""
        assert await ask(client, "a b") == "Echo: a b"
        assert fake.requests[0].question == "a b"
        assert fake.requests[0].headers["authorization"] == "Bearer sk-test"

    async def test_queue(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """Queued replies are given in their order, over one kept connection."""
        fake.reply(text("one"), completion(None))
        assert [await ask(client), await ask(client), await ask(client)] == [
            "one",
            None,
            "Echo: Who goes there?",
        ]
        assert len({id(request.disconnected) for request in fake.requests}) == 1

    async def test_rate_limit(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A 429 is the client's own error class, with Retry-After and OpenAI's code."""
        fake.reply(error(429, code="rate_limit_exceeded", retry_after=3))
        with pytest.raises(openai.RateLimitError) as raised:
            await ask(client)
        assert raised.value.response.headers["retry-after"] == "3"
        assert raised.value.code == "rate_limit_exceeded"

    async def test_times(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A reply can be queued once for each retry of the client."""
        fake.reply(error(500, retry_after=0.001), times=2)
        assert await ask(client.with_options(max_retries=2)) == "Echo: Who goes there?"
        assert len(fake.requests) == 3

    async def test_malformed(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A body that is not JSON arrives as it is."""
        fake.reply(body(b"{oops"))
        with pytest.raises(ValueError, match="property name"):
            await ask(client)

    async def test_refused(self, client: AsyncOpenAI) -> None:
        """Nobody listens at the refusing URL."""
        with pytest.raises(openai.APIConnectionError):
            await ask(client.with_options(base_url=refusing_url()))

    async def test_silence(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A call that is never answered ends with the caller, and the fake notices."""
        fake.reply(after(asyncio.Event(), text("too late")))
        call = asyncio.create_task(ask(client))
        request = await fake.arrival()
        assert not request.disconnected.is_set()
        call.cancel()
        await asyncio.wait_for(request.disconnected.wait(), 5)


@pytest.mark.asyncio
class TestStream:
    async def test_pieces(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """Each piece is a chunk, then come the finish reason and the usage."""
        fake.reply(text("Grüß", " Gott"))
        received = [chunk async for chunk in chunks(client)]
        deltas = [c.choices[0].delta.content for c in received if c.choices]
        assert deltas == ["", "Grüß", " Gott", None]
        assert received[-2].choices[0].finish_reason == "stop"
        assert received[-1].usage is not None
        assert received[-1].usage.total_tokens == 5

    @pytest.mark.parametrize("split", [1, 2, 3, 7, None])
    @pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
    async def test_split(
        self, fake: FakeOpenAI, client: AsyncOpenAI, split: int | None, newline: bytes
    ) -> None:
        """Wherever the bytes are parted, inside a character too, the client reads the same."""
        fake.reply(stream("na", "ïve", " 🦆", split=split, newline=newline))
        assert await contents(client) == ["na", "ïve", " 🦆"]

    async def test_split_writes(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """With `split=1` every byte is a read of its own."""
        fake.reply(stream("ïve", split=1))
        async with client.chat.completions.with_streaming_response.create(
            model="fake-model", messages=[{"role": "user", "content": "?"}], stream=True
        ) as response:
            reads = [read async for read in response.iter_bytes()]
        assert all(len(read) == 1 for read in reads)

    async def test_held(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """The headers come at once, and what follows the event only when it is set."""
        released = asyncio.Event()
        fake.reply(stream("Hel", released, "lo"))
        received = chunks(client)
        assert [(await anext(received)).choices[0].delta.content for _ in range(2)] == ["", "Hel"]
        following = asyncio.ensure_future(anext(received))
        released.set()
        assert (await following).choices[0].delta.content == "lo"
        await received.aclose()

    async def test_cut(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A connection that breaks inside a chunk is an error of the connection."""
        fake.reply(stream("Hel", b'data: {"id":', CUT))
        with pytest.raises(openai.APIConnectionError):
            await contents(client)

    @pytest.mark.parametrize("event", [b"data: {oops\n\n", {"error": {"message": "No more."}}])
    async def test_broken(self, fake: FakeOpenAI, client: AsyncOpenAI, event: Piece) -> None:
        """Malformed JSON and an error event reach the client inside the stream."""
        fake.reply(stream("Hel", event, "lo"))
        with pytest.raises((ValueError, openai.APIError)):
            await contents(client)

    async def test_unfinished(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A stream may end with neither a finish reason nor `[DONE]`."""
        fake.reply(stream("Hel", finish_reason=None, done=False))
        received = [chunk async for chunk in chunks(client)]
        assert [c.choices[0].finish_reason for c in received if c.choices] == [None, None]

    async def test_empty(self, fake: FakeOpenAI, client: AsyncOpenAI) -> None:
        """A stream may finish without any content."""
        fake.reply(stream())
        assert await contents(client) == []
