"""The fake OpenAI API, as the real client sees it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.openai_replies import CUT, Delta, after, body, completion, error, stream, text


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    """The server."""
    async with FakeOpenAI() as server:
        yield server


@pytest_asyncio.fixture
async def openai_client(fake: FakeOpenAI) -> AsyncIterator[AsyncOpenAI]:
    """The client, which does not retry."""
    async with AsyncOpenAI(api_key="sk-test", base_url=fake.url, max_retries=0) as client:
        yield client


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
    """The deltas of text in one streamed completion."""
    deltas = [c.choices[0].delta.content async for c in chunks(client) if c.choices]
    return [delta for delta in deltas if delta]


@pytest.mark.asyncio
class TestJson:
    async def test_question_is_echoed(self, fake: FakeOpenAI, openai_client: AsyncOpenAI) -> None:
        """Without a queued reply the question comes back, and the request is in the history."""
        assert await ask(openai_client, "a b") == "Echo: a b"
        assert fake.requests[0].question == "a b"
        assert fake.requests[0].headers["authorization"] == "Bearer sk-test"

    async def test_replies_come_in_their_order(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """Queued replies are given in their order, over one kept connection."""
        fake.reply(text("one"), completion(None))
        assert [await ask(openai_client), await ask(openai_client), await ask(openai_client)] == [
            "one",
            None,
            "Echo: Who goes there?",
        ]
        assert len({id(request.disconnected) for request in fake.requests}) == 1

    async def test_rate_limit_is_the_clients_own_error(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """A queued 429 raises the client's error class, with Retry-After and OpenAI's code."""
        fake.reply(error(429, code="rate_limit_exceeded", retry_after=3))
        with pytest.raises(openai.RateLimitError) as raised:
            await ask(openai_client)
        assert raised.value.response.headers["retry-after"] == "3"
        assert raised.value.code == "rate_limit_exceeded"

    async def test_reply_can_be_queued_several_times(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """A reply can be queued as often as the client will try again."""
        fake.reply(error(500, retry_after=0.001), times=2)
        assert await ask(openai_client.with_options(max_retries=2)) == "Echo: Who goes there?"
        assert len(fake.requests) == 3

    async def test_malformed_body_arrives_as_it_is(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """A body that is not JSON arrives as it is."""
        fake.reply(body(b"{oops"))
        with pytest.raises(ValueError, match="property name"):
            await ask(openai_client)

    async def test_refusing_url_has_no_server(self, openai_client: AsyncOpenAI) -> None:
        """At the refusing URL the client finds no server."""
        with pytest.raises(openai.APIConnectionError):
            await ask(openai_client.with_options(base_url=refusing_url()))

    async def test_silent_call_ends_with_the_caller(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """A call that is never answered ends with the caller, and the fake notices."""
        fake.reply(after(asyncio.Event(), text("too late")))
        call = asyncio.create_task(ask(openai_client))
        request = await fake.arrival()
        assert not request.disconnected.is_set()
        call.cancel()
        await asyncio.wait_for(request.disconnected.wait(), 5)


@pytest.mark.asyncio
class TestStream:
    async def test_every_delta_is_a_chunk(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """Every delta is a chunk, and then come the finish reason and the usage."""
        fake.reply(text("Grüß", " Gott"))
        received = [chunk async for chunk in chunks(openai_client)]
        deltas = [c.choices[0].delta.content for c in received if c.choices]
        assert deltas == ["", "Grüß", " Gott", None]
        assert received[-2].choices[0].finish_reason == "stop"
        assert received[-1].usage is not None
        assert received[-1].usage.total_tokens == 5

    @pytest.mark.parametrize("split", [1, 2, 3, 7, None])
    @pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
    async def test_split_bytes_are_read_as_one_text(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI, split: int | None, newline: bytes
    ) -> None:
        """However the bytes are parted, inside a character too, the client reads the text."""
        fake.reply(stream("na", "ïve", " 🦆", split=split, newline=newline))
        assert await contents(openai_client) == ["na", "ïve", " 🦆"]

    async def test_every_byte_can_be_a_read(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """With `split=1` every byte is a read of its own."""
        fake.reply(stream("ïve", split=1))
        async with openai_client.chat.completions.with_streaming_response.create(
            model="fake-model", messages=[{"role": "user", "content": "?"}], stream=True
        ) as response:
            reads = [read async for read in response.iter_bytes()]
        assert all(len(read) == 1 for read in reads)

    async def test_held_delta_comes_when_it_is_released(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """The headers come at once, and what follows the event only when it is set."""
        released = asyncio.Event()
        fake.reply(stream("Hel", released, "lo"))
        received = chunks(openai_client)
        assert [(await anext(received)).choices[0].delta.content for _ in range(2)] == ["", "Hel"]
        following = asyncio.ensure_future(anext(received))
        released.set()
        assert (await following).choices[0].delta.content == "lo"
        await received.aclose()

    async def test_cut_connection_is_an_error(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """A connection that breaks inside a chunk is an error of the connection."""
        fake.reply(stream("Hel", b'data: {"id":', CUT))
        with pytest.raises(openai.APIConnectionError):
            await contents(openai_client)

    @pytest.mark.parametrize("event", [b"data: {oops\n\n", {"error": {"message": "No more."}}])
    async def test_broken_event_reaches_the_client(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI, event: Delta
    ) -> None:
        """Malformed JSON and an error event reach the client inside the stream."""
        fake.reply(stream("Hel", event, "lo"))
        with pytest.raises((ValueError, openai.APIError)):
            await contents(openai_client)

    async def test_stream_may_end_unfinished(
        self, fake: FakeOpenAI, openai_client: AsyncOpenAI
    ) -> None:
        """A stream may end with neither a finish reason nor `[DONE]`."""
        fake.reply(stream("Hel", finish_reason=None, done=False))
        received = [chunk async for chunk in chunks(openai_client)]
        assert [c.choices[0].finish_reason for c in received if c.choices] == [None, None]

    async def test_stream_may_be_empty(self, fake: FakeOpenAI, openai_client: AsyncOpenAI) -> None:
        """A stream may finish without any content."""
        fake.reply(stream())
        assert await contents(openai_client) == []
