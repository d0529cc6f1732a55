"""POST /v1/completion-stream."""

import asyncio

import httpx2
import pytest

from tests.support.asking import COMPLETION_STREAM, QUESTION, exchange, kinds, stored, stream
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import completion, text
from tests.support.openai_replies import stream as reply
from tests.support.server import content_of, follow, parse_events


class TestCompletionStream:
    """A question without retrieval, answered as server-sent events."""

    async def test_headers_name_the_answer(self, chat_client: httpx2.AsyncClient) -> None:
        """The headers name the answer, and let no proxy keep the stream or hold it back."""
        response = await chat_client.post(COMPLETION_STREAM, json=QUESTION)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        start = parse_events(response.content)[0]["data"]
        assert response.headers["x-message-uuid"] == start["uuid"]

    async def test_event_is_id_name_and_data(self, chat_client: httpx2.AsyncClient) -> None:
        """Each event is an id, a name and one line of data, in this order."""
        response = await chat_client.post(COMPLETION_STREAM, json=QUESTION)
        *blocks, end = response.content.split(b"\n\n")
        assert end == b""
        for number, block in enumerate(blocks, 1):
            id_line, name_line, data_line = block.split(b"\n")
            assert id_line == b"id: %d" % number
            assert name_line.startswith(b"event: ")
            assert data_line.startswith(b"data: {")

    async def test_events_come_in_order(self, chat_client: httpx2.AsyncClient) -> None:
        """A stream starts, brings the deltas as the model made them, and ends with the answer."""
        start, *deltas, done = await stream(chat_client, QUESTION["message"])
        uuid = done["data"]["uuid"]
        assert start == {"id": 1, "event": "start", "data": {"uuid": uuid, "model": "fake-model"}}
        assert [delta["data"]["content"] for delta in deltas] == ["Echo:", " Hello", " there", ""]
        assert [delta["data"]["finish_reason"] for delta in deltas] == [None, None, None, "stop"]
        assert deltas[0]["data"] == {
            "id": "chatcmpl-fake",
            "created": 1_700_000_000,
            "model": "fake-model",
            "content": "Echo:",
            "finish_reason": None,
        }
        assert done["event"] == "done"

    async def test_done_holds_the_stored_message(self, chat_client: httpx2.AsyncClient) -> None:
        """`done` holds the message, complete with its usage and equal to what is stored."""
        events = await stream(chat_client, QUESTION["message"])
        done = events[-1]["data"]
        assert done["message"] == content_of(events) == "Echo: Hello there"
        assert done["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
        assert (done["status"], done["finish_reason"]) == ("complete", "stop")
        assert await stored(chat_client, done["uuid"]) == done

    async def test_question_is_stored_first(self, chat_client: httpx2.AsyncClient) -> None:
        """The question is stored, and then the answer."""
        done = (await stream(chat_client, "Grüß Gott"))[-1]["data"]
        question, answer = await exchange(chat_client)
        assert answer == done
        assert (question["role"], question["message"]) == ("user", "Grüß Gott")
        assert question["id"] == answer["id"] - 1

    async def test_delta_comes_at_once(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A delta reaches the client while the model still thinks about the next."""
        released = asyncio.Event()
        shared_openai.reply(reply("Hel", released, "lo"))
        async with chat_client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
            events = follow(response)
            received = [await anext(events), await anext(events)]
            assert content_of(received) == "Hel"
            released.set()
            received += [event async for event in events]
        assert received[-1]["data"]["message"] == content_of(received) == "Hello"

    async def test_answer_under_way_can_be_read(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An answer under way is stored already, as one that is being generated."""
        released = asyncio.Event()
        shared_openai.reply(reply("Hel", released, "lo"))
        async with chat_client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
            message = await stored(chat_client, response.headers["x-message-uuid"])
            assert (message["status"], message["message"]) == ("generating", "")
            released.set()
            await response.aread()

    @pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
    @pytest.mark.parametrize("split", [1, 2, 3, 5, 64, None])
    async def test_split_anywhere_loses_nothing(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        split: int | None,
        newline: bytes,
    ) -> None:
        """Wherever the network parts the upstream's bytes, in a character too, nothing is lost."""
        deltas = ("na", "ïve", " 🦆", "\u2028", "\n\ndata: x\r\n")
        shared_openai.reply(reply(*deltas, split=split, newline=newline))
        events = await stream(chat_client, "Hello")
        assert content_of(events) == events[-1]["data"]["message"] == "".join(deltas)

    async def test_cut_answer_has_the_reason_length(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A stream that the model cut at its limit is done, with the reason `length`."""
        shared_openai.reply(reply("Once upon", finish_reason="length"))
        done = (await stream(chat_client, "Tell me"))[-1]["data"]
        assert (done["status"], done["finish_reason"]) == ("complete", "length")

    async def test_nul_is_replaced(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A NUL from the model is replaced in the deltas as it is in the stored answer."""
        shared_openai.reply(text("a\x00", "b"))
        events = await stream(chat_client, "Hello")
        assert content_of(events) == events[-1]["data"]["message"] == "a\N{REPLACEMENT CHARACTER}b"

    async def test_json_upstream_is_one_delta(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An answer that the upstream does not stream is streamed as one delta."""
        shared_openai.reply(completion("All at once"))
        events = await stream(chat_client, "Hello")
        assert kinds(events) == ["start", "message", "done"]
        assert content_of(events) == events[-1]["data"]["message"] == "All at once"

    async def test_no_done_marker_is_no_fault(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A stream with a finish reason is whole, also without the upstream's `[DONE]`."""
        shared_openai.reply(reply("Hello", done=False))
        assert (await stream(chat_client, "Hello"))[-1]["data"]["status"] == "complete"

    async def test_concurrent_streams_do_not_mix(self, chat_client: httpx2.AsyncClient) -> None:
        """Streams that run at the same time do not mix."""
        questions = [f"Question number {n}" for n in range(30)]
        streams = await asyncio.gather(*(stream(chat_client, question) for question in questions))
        assert [content_of(events) for events in streams] == [f"Echo: {q}" for q in questions]
