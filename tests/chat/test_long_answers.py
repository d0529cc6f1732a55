"""Upstreams that do not stop: an answer ends at MAX_ANSWER_CHARS, and so does what is none."""

import asyncio
import gzip
from collections.abc import Iterator
from time import thread_time
from typing import Any

import httpx2
import orjson
import pytest

from app.chat.chunks import ChunkReader
from app.chat.constants import EVENT_BYTES_PER_CHAR, LEAST_BYTES, WIRE_BYTES_PER_CHAR
from app.chat.decoding import CompletionDecoder
from app.chat.exceptions import AnswerTooLong, OpenAIFailedProcessingException
from app.chat.thoughts import MAX_BLANKS
from tests.support.asking import COMPLETION, COMPLETION_STREAM, Json, exchange, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import Reply, Request, Step, body, raw_stream, stream, text
from tests.support.server import content_of, parse_events

MAX_CHARS = 1000
MAX_BYTES = LEAST_BYTES + WIRE_BYTES_PER_CHAR * MAX_CHARS
MAX_EVENT = LEAST_BYTES + EVENT_BYTES_PER_CHAR * MAX_CHARS

BOTH = pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
HELLO = b'data: {"choices": [{"delta": {"content": "Hello"}}]}\n\n'
BEGINNING = b'{"choices": [{"message": {"role": "assistant", "content": "'
NO_END = 5 * MAX_BYTES


@pytest.fixture(scope="module")
def shared_settings(shared_settings: dict[str, Any]) -> dict[str, Any]:
    """The service of this module has little patience for long answers."""
    return shared_settings | {"MAX_ANSWER_CHARS": MAX_CHARS}


def endless(reply: Reply) -> Reply:
    """The reply, and then a connection that stays open."""

    def steps(request: Request) -> Iterator[Step]:
        *sent, _ = reply(request)
        yield from sent
        yield asyncio.Event()

    return steps


async def ask(client: httpx2.AsyncClient, path: str) -> Json:
    """What the client is told in the end, which is what is stored."""
    response = await client.post(path, json={"message": "Hello"})
    assert response.status_code == 200
    told = response.json() if path == COMPLETION else parse_events(response.content)[-1]["data"]
    assert told == (await exchange(client))[1]
    return dict(told)


def event(**delta: object) -> bytes:
    """An event with this delta."""
    return b"data: " + orjson.dumps({"choices": [{"delta": delta}]}) + b"\n\n"


class TestTooLong:
    """Answers of more than MAX_ANSWER_CHARS."""

    @pytest.mark.parametrize(
        "reply",
        [
            endless(stream(*["0123456789"] * 101)),
            endless(stream("ü" * 2 * MAX_CHARS)),
            body(BEGINNING + b"x" * NO_END + b'"}}]}'),
            raw_stream(b"data: " + BEGINNING + b"x" * NO_END, 2**16),
            endless(
                raw_stream(gzip.compress(BEGINNING + b"x" * NO_END), 2**16, content_encoding="gzip")
            ),
        ],
        ids=["many deltas", "one delta", "one body", "a line without an end", "a gzip bomb"],
    )
    @BOTH
    async def test_partial(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, reply: Reply, path: str
    ) -> None:
        """It ends there as partial, its finish reason is length, and the call is closed."""
        shared_openai.reply(reply)
        message = await ask(chat_client, path)
        assert len(message["message"]) == MAX_CHARS
        assert (message["status"], message["finish_reason"]) == ("partial", "length")
        async with asyncio.timeout(5):
            await shared_openai.requests[-1].disconnected.wait()

    async def test_stream_says_so(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """The last `message` event holds the reason, and `done` what the others hold together."""
        shared_openai.reply(endless(stream(*["0123456789"] * 101)))
        response = await chat_client.post(COMPLETION_STREAM, json={"message": "Hello"})
        *_, last, done = events = parse_events(response.content)
        assert (last["event"], last["data"]["finish_reason"]) == ("message", "length")
        assert done["event"] == "done"
        assert done["data"]["message"] == content_of(events)

    @BOTH
    async def test_longest(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """An answer of MAX_ANSWER_CHARS is complete."""
        shared_openai.reply(text("x" * MAX_CHARS))
        message = await ask(chat_client, path)
        assert (message["status"], message["finish_reason"]) == ("complete", "stop")


class TestNoAnswer:
    """Bytes that are no part of the answer."""

    @pytest.mark.parametrize(
        "rubbish",
        [
            b": ping\n" * (MAX_BYTES // 7 + 1),
            event(reasoning_content="Hm. ") * (MAX_BYTES // 40),
            b"data: {" + b" " * MAX_EVENT,
            b'data: {"x":\n' * (MAX_EVENT // 4),
            b'{"x":\n' * (MAX_EVENT // 4),
        ],
        ids=["comments", "thoughts", "a line", "an event of many lines", "JSON"],
    )
    def test_bounded(self, rubbish: bytes) -> None:
        """It ends the answer: as partial after some text, else there is none."""
        for beginning, fault in (
            (HELLO, AnswerTooLong),
            (b"", OpenAIFailedProcessingException),
        ):
            decoder = CompletionDecoder(MAX_CHARS)
            deltas = decoder.feed(beginning + rubbish) + decoder.close()
            assert "".join(delta.content for delta in deltas) == ("Hello" if beginning else "")
            with pytest.raises(fault):
                decoder.check_whole()

    def test_endless_thoughts(self) -> None:
        """Thoughts in the text of an answer count by their bytes."""
        decoder = CompletionDecoder(MAX_CHARS)
        decoder.feed(event(content="<think>") + event(content="Hm. ") * (MAX_BYTES // 40))
        assert decoder.is_done

    def test_after_the_end(self) -> None:
        """What comes after the finish reason takes nothing from the answer."""
        decoder = CompletionDecoder(MAX_CHARS)
        ending = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
        decoder.feed(HELLO + ending + b": ping\n" * MAX_BYTES)
        decoder.close()
        decoder.check_whole()
        assert decoder.completion.finish_reason == "stop"

    @pytest.mark.parametrize("encoding", ["identity", "gzip"])
    async def test_refusal(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, encoding: str
    ) -> None:
        """A refusal without an end is one all the same."""
        content = b'{"error": "' + b"x" * NO_END
        if encoding == "gzip":
            content = gzip.compress(content)
        shared_openai.reply(body(content, 400, content_encoding=encoding))
        assert (await fail(chat_client, COMPLETION)).code == "openai_error"


class TestCut:
    """What is left of an event, or of a JSON, that is too long."""

    CONTENT = "naïve 🦆 \\u00fc \\ud83e\\udd86 \\n"
    BODY = ('{"choices": [{"message": {"content": "' + CONTENT).encode()

    @pytest.mark.parametrize("start", [b"", b"data: ", b"[", b"data: {\ndata:"])
    def test_text_before_the_cut(self, start: bytes) -> None:
        """The text before the cut is there, wherever it is."""
        whole = orjson.loads(f'"{self.CONTENT}"')
        for size in range(40, len(self.BODY)):
            data = start.replace(b"{\ndata:", b"\ndata:") + self.BODY[:size]
            [chunk, *_] = ChunkReader(len(data) - 1 - len(start)).feed(data)
            content = chunk["choices"][0]["message"].get("content", "")
            assert whole.startswith(content)
            assert len(content) >= (size - 40) // 12


class TestLinear:
    """The work of the decoder grows with what it is fed, and no faster."""

    @pytest.mark.parametrize(
        ("start", "part"),
        [
            (b"data: " + BEGINNING, b"x"),
            (BEGINNING, b"x"),
            (b"", b"\n"),
            (b"", b"data:\n\n"),
            (b"", b"data: {\n"),
            (b"", b"event: e\n"),
            (b"{\n", b"x\n"),
            (b"", event(content=" ")),
            (b"", event(content="<")),
            (event(content="<think>"), event(content="<")),
            (event(content="<think>"), event(content="</think>")),
            (b"", b'data: {"choices": [{"delta": {"content": "\\ud83e"}}]}\n\n'),
        ],
    )
    def test_time(self, start: bytes, part: bytes) -> None:
        """Four times as many parts take no more than some four times as long."""
        assert min(self._ratio(start, part) for _ in range(3)) < 8

    def _ratio(self, start: bytes, part: bytes) -> float:
        return self._seconds(start, part, 4000) / self._seconds(start, part, 1000)

    def _seconds(self, start: bytes, part: bytes, count: int) -> float:
        decoder = CompletionDecoder()
        decoder.feed(start)
        before = thread_time()
        for _ in range(count):
            decoder.feed(part)
        decoder.close()
        return thread_time() - before

    def test_blanks(self) -> None:
        """A mark of thoughts stands behind some blanks, not behind any number of them."""
        decoder = CompletionDecoder()
        blanks = event(content=" " * (MAX_BLANKS + 1))
        deltas = decoder.feed(blanks + event(content="<think>Hm.</think>Hello"))
        assert "".join(delta.content for delta in deltas).strip() == "<think>Hm.</think>Hello"
