"""POST /v1/completion-stream."""

import asyncio

import httpx2
import pytest

from tests.chat.asking import COMPLETION_STREAM, QUESTION, exchange, kinds, stored, stream
from tests.fakes import FakeOpenAI
from tests.replies import completion, text
from tests.replies import stream as reply
from tests.server import content_of, follow, parse_events


class TestCompletionStream:
    """A question without retrieval, answered as server-sent events."""

    async def test_headers(self, client: httpx2.AsyncClient) -> None:
        """It is an event stream that no proxy may keep or hold back, and names its answer."""
        response = await client.post(COMPLETION_STREAM, json=QUESTION)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        start = parse_events(response.content)[0]["data"]
        assert response.headers["x-message-uuid"] == start["uuid"]

    async def test_bytes(self, client: httpx2.AsyncClient) -> None:
        """Each event is an id, a name and one line of data, in this order."""
        response = await client.post(COMPLETION_STREAM, json=QUESTION)
        *blocks, end = response.content.split(b"\n\n")
        assert end == b""
        for number, block in enumerate(blocks, 1):
            id_line, name_line, data_line = block.split(b"\n")
            assert id_line == b"id: %d" % number
            assert name_line.startswith(b"event: ")
            assert data_line.startswith(b"data: {")

    async def test_events(self, client: httpx2.AsyncClient) -> None:
        """It starts, brings the pieces as the model made them, and ends with the answer."""
        start, *pieces, done = await stream(client, QUESTION["message"])
        uuid = done["data"]["uuid"]
        assert start == {"id": 1, "event": "start", "data": {"uuid": uuid, "model": "fake-model"}}
        assert [piece["data"]["content"] for piece in pieces] == ["Echo:", " Hello", " there", ""]
        assert [piece["data"]["finish_reason"] for piece in pieces] == [None, None, None, "stop"]
        assert pieces[0]["data"] == {
            "id": "chatcmpl-fake",
            "created": 1_700_000_000,
            "model": "fake-model",
            "content": "Echo:",
            "finish_reason": None,
        }
        assert done["event"] == "done"

    async def test_done(self, client: httpx2.AsyncClient) -> None:
        """`done` holds the message, complete with its usage and equal to what is stored."""
        events = await stream(client, QUESTION["message"])
        done = events[-1]["data"]
        assert done["message"] == content_of(events) == "Echo: Hello there"
        assert done["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
        assert (done["status"], done["finish_reason"]) == ("complete", "stop")
        assert await stored(client, done["uuid"]) == done

    async def test_question_first(self, client: httpx2.AsyncClient) -> None:
        """Question and answer are stored, in this order."""
        done = (await stream(client, "Grüß Gott"))[-1]["data"]
        question, answer = await exchange(client)
        assert answer == done
        assert (question["role"], question["message"]) == ("user", "Grüß Gott")
        assert question["id"] == answer["id"] - 1

    async def test_as_it_comes(self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """A piece reaches the client while the model still thinks about the next."""
        released = asyncio.Event()
        shared_openai.reply(reply("Hel", released, "lo"))
        async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
            events = follow(response)
            received = [await anext(events), await anext(events)]
            assert content_of(received) == "Hel"
            released.set()
            received += [event async for event in events]
        assert received[-1]["data"]["message"] == content_of(received) == "Hello"

    async def test_generating(self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """Before it is done the answer is there to be seen, as one that is being generated."""
        released = asyncio.Event()
        shared_openai.reply(reply("Hel", released, "lo"))
        async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
            message = await stored(client, response.headers["x-message-uuid"])
            assert (message["status"], message["message"]) == ("generating", "")
            released.set()
            await response.aread()

    @pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
    @pytest.mark.parametrize("split", [1, 2, 3, 5, 64, None])
    async def test_split_anywhere(
        self,
        client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        split: int | None,
        newline: bytes,
    ) -> None:
        """Wherever the network parts the upstream's bytes, in a character too, nothing is lost."""
        pieces = ("na", "ïve", " 🦆", "\u2028", "\n\ndata: x\r\n")
        shared_openai.reply(reply(*pieces, split=split, newline=newline))
        events = await stream(client, "Hello")
        assert content_of(events) == events[-1]["data"]["message"] == "".join(pieces)

    async def test_length(self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """An answer that the model cut at its limit is done, and says so."""
        shared_openai.reply(reply("Once upon", finish_reason="length"))
        done = (await stream(client, "Tell me"))[-1]["data"]
        assert (done["status"], done["finish_reason"]) == ("complete", "length")

    async def test_nul(self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """A NUL from the model is replaced in the pieces as it is in the stored answer."""
        shared_openai.reply(text("a\x00", "b"))
        events = await stream(client, "Hello")
        assert content_of(events) == events[-1]["data"]["message"] == "a\N{REPLACEMENT CHARACTER}b"

    async def test_json_upstream(
        self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An upstream that does not stream is streamed as one piece."""
        shared_openai.reply(completion("All at once"))
        events = await stream(client, "Hello")
        assert kinds(events) == ["start", "message", "done"]
        assert content_of(events) == events[-1]["data"]["message"] == "All at once"

    async def test_no_done_marker(
        self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A stream with a finish reason is whole, also without the upstream's `[DONE]`."""
        shared_openai.reply(reply("Hello", done=False))
        assert (await stream(client, "Hello"))[-1]["data"]["status"] == "complete"

    async def test_concurrent(self, client: httpx2.AsyncClient) -> None:
        """Streams that run at the same time do not mix."""
        questions = [f"Question number {n}" for n in range(30)]
        streams = await asyncio.gather(*(stream(client, question) for question in questions))
        assert [content_of(events) for events in streams] == [f"Echo: {q}" for q in questions]
