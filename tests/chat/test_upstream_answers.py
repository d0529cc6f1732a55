"""Answers of services that speak the OpenAI API in their own way."""

import gzip
from typing import Any

import httpx2
import orjson
import pytest

from tests.support.asking import COMPLETION, COMPLETION_STREAM, answer, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import (
    CUT,
    Reply,
    body,
    completion,
    error,
    raw_stream,
    stream,
)

Json = dict[str, Any]

BOTH = pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
END: Json = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def delta(**part: object) -> Json:
    """A chunk with this delta."""
    return {"choices": [{"delta": part, "finish_reason": None}]}


def whole(**message: object) -> Reply:
    """A whole answer in one body."""
    answer = {"choices": [{"message": message, "finish_reason": "stop"}]}
    return body(orjson.dumps(answer))


def events(*chunks: Json) -> bytes:
    """A stream of these chunks."""
    return b"".join(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks)


class TestBody:
    """What was asked for decides, not what it is called."""

    @pytest.mark.parametrize("label", ["Text/Event-Stream", "application/json", "text/plain", ""])
    @BOTH
    async def test_stream_under_another_label(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, label: str, path: str
    ) -> None:
        """A stream is read as one, whatever it is called, and whatever was asked for."""
        data = events(delta(content="Hel"), delta(content="lo"), END)
        shared_openai.reply(raw_stream(data, 50, content_type=label))
        assert (await answer(chat_client, path))["message"] == "Hello"

    @BOTH
    async def test_json(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """JSON is read as such, also where a stream was asked for."""
        shared_openai.reply(completion("Hello"))
        assert (await answer(chat_client, path))["message"] == "Hello"

    @pytest.mark.parametrize("split", [1, 9999])
    @BOTH
    async def test_compressed(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, split: int
    ) -> None:
        """A body that is compressed all the same is decompressed, each event by itself as well."""
        data = gzip.compress(events(delta(content="Hello"))) + gzip.compress(events(END))
        shared_openai.reply(raw_stream(data, split, content_encoding="gzip"))
        assert (await answer(chat_client, path))["message"] == "Hello"

    @pytest.mark.parametrize(("label", "is_compressed"), [("", True), ("gzip", False)])
    async def test_wrong_label(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        label: str,
        is_compressed: bool,  # noqa: FBT001 # pytest gives it by name
    ) -> None:
        """Whether a body is compressed its bytes say, not its label."""
        data = events(delta(content="Hello"), END)
        data = gzip.compress(data) if is_compressed else data
        shared_openai.reply(raw_stream(data, 50, content_encoding=label))
        assert (await answer(chat_client))["message"] == "Hello"

    async def test_damaged_compression(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A body that cannot be decompressed is a call that failed."""
        shared_openai.reply(raw_stream(b"\x1f\x8b\x08oops, no gzip", 9))
        assert (await fail(chat_client, COMPLETION_STREAM)).code == "openai_error"

    async def test_many_and_long_headers(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """What gateways add in headers is no obstacle."""
        headers: Any = {f"x_{number}": "a" for number in range(150)} | {"x_long": "a" * 20_000}
        shared_openai.reply(raw_stream(events(delta(content="Hello"), END), 99, **headers))
        assert (await answer(chat_client))["message"] == "Hello"

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    async def test_moved(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, status: int
    ) -> None:
        """A service that has moved, as from http to https, is asked the same where it is now."""
        shared_openai.reply(body(b"", status, location="/v1/chat/completions"))
        assert (await answer(chat_client))["message"] == "Echo: Hi"

    async def test_what_is_no_http_is_named(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Of what is no HTTP at all the log has the name of the fault, and nothing of its bytes."""
        shared_openai.reply(lambda _: iter([b"SSH-2.0-OpenSSH\r\n\r\n", CUT]))
        assert (await fail(chat_client, COMPLETION)).code == "openai_error"
        assert "ClientResponseError: HttpProcessingError" in caplog.text
        assert "OpenSSH" not in caplog.text

    async def test_odd_reason_phrase(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A reason phrase that is no UTF-8 fails the call, and nothing else."""
        shared_openai.reply(lambda _: iter([b"HTTP/1.1 200 tr\xe8s bien\r\n\r\n"]))
        assert (await fail(chat_client, COMPLETION)).code == "openai_error"

    async def test_unknown_compression_is_told(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Of a compression that nobody here knows the log has the name."""
        shared_openai.reply(
            raw_stream(b"\x8b\x00\x80", 9, content_type="text/event-stream", content_encoding="br")
        )
        assert (await fail(chat_client, COMPLETION_STREAM)).code == "failed_processing"
        assert "no text, text/event-stream br" in caplog.text


class TestContent:
    """What of an answer is its text."""

    @pytest.mark.parametrize(
        "content",
        [
            "Hello",
            "<think>Hm.</think>\n\nHello",
            [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hello"}],
            [{"type": "text", "text": "Hel"}, {"type": "reference", "ids": [1]}, "lo", None],
            {"type": "output_text", "text": "Hello"},
        ],
        ids=["text", "thoughts", "a thinking part", "other parts", "one part"],
    )
    async def test_text_is_the_answer(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, content: object
    ) -> None:
        """The text is the answer, streamed or not, and thoughts are no part of it."""
        thought = delta(content=None, reasoning_content="Hm.")
        shared_openai.reply(whole(content=content), stream(thought, delta(content=content)))
        assert (await answer(chat_client, COMPLETION))["message"] == "Hello"
        assert (await answer(chat_client))["message"] == "Hello"

    async def test_refusal_of_the_model_is_its_answer(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """With what a model refuses to answer, it answers."""
        shared_openai.reply(
            whole(content=None, refusal="I will not."),
            stream(delta(refusal="I will"), delta(refusal=" not.")),
        )
        assert (await answer(chat_client, COMPLETION))["message"] == "I will not."
        assert (await answer(chat_client))["message"] == "I will not."

    async def test_whole_message_is_not_said_twice(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A service that repeats the whole with each chunk is heard once."""
        repeated = {"choices": [{"message": {"content": "Hello"}}]}
        shared_openai.reply(stream("Hel", repeated, "lo", repeated))
        assert (await answer(chat_client))["message"] == "Hello"

    @BOTH
    async def test_filtered_answer(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """An answer of which the filter has left nothing is told as such."""
        shared_openai.reply(
            stream(finish_reason="content_filter")
            if path == COMPLETION_STREAM
            else completion("", "content_filter")
        )
        fault = await fail(chat_client, path)
        assert (fault.status, fault.code) == (422, "content_filtered")


class TestWhy:
    """What client and operator are told of a refusal."""

    @BOTH
    async def test_model_not_found(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
        path: str,
    ) -> None:
        """A model that is not there is a 422 that names it; the log has the code."""
        shared_openai.reply(error(404, code="model_not_found"))
        fault = await fail(chat_client, path)
        assert (fault.status, fault.code) == (422, "model_not_found")
        assert "'fake-model'" in fault.detail
        assert "NotFoundError 404, model_not_found error" in caplog.text
        assert "Refused by the fake" not in caplog.text

    async def test_error_in_the_answer(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """An error after the beginning of the answer is in the log by its code."""
        shared_openai.reply(stream("Hel", {"error": {"message": "A secret", "code": "quota"}}))
        assert (await fail(chat_client, COMPLETION_STREAM)).code == "openai_error"
        assert "an error in its answer, quota" in caplog.text
        assert "A secret" not in caplog.text
