"""What the upstream does that looks like a fault and is none."""

import asyncio

import httpx2
import pytest

from tests.support.asking import COMPLETION, COMPLETION_STREAM, exchange, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import CUT, body, completion, error, stream

SOON = 0.001
ODD_USAGE = b'{"prompt_tokens": 1%b, "completion_tokens": 1, "total_tokens": 1}' % (b"0" * 29)


@pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
class TestRecovery:
    """What looks like a fault and is none."""

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_retry_goes_unnoticed(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, status: int
    ) -> None:
        """An upstream that asks for a moment gets it, and the client notices nothing."""
        shared_openai.reply(error(status, retry_after=SOON), times=2)
        response = await chat_client.post(path, json={"message": "Hello"})
        assert response.status_code == 200
        assert (await exchange(chat_client))[1]["message"] == "Echo: Hello"


class TestOddAnswer:
    """Answers that are whole, however odd."""

    async def test_cut_after_the_end_is_no_fault(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A connection that breaks after the finish reason takes nothing away."""
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
        shared_openai.reply(stream("Hello", end, CUT))
        await chat_client.post(COMPLETION_STREAM, json={"message": "Hi"})
        _, answer = await exchange(chat_client)
        assert (answer["message"], answer["status"]) == ("Hello", "complete")

    async def test_open_end_holds_nobody_up(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An upstream that does not end its response after `[DONE]` holds nobody up."""
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
        shared_openai.reply(stream("Hello", end, b"data: [DONE]\n\n", asyncio.Event()))
        await chat_client.post(COMPLETION_STREAM, json={"message": "Hi"})
        _, answer = await exchange(chat_client)
        assert (answer["message"], answer["status"]) == ("Hello", "complete")

    async def test_usage_of_an_unfinished_answer_is_stored(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """The tokens that the upstream counted are stored, also of an answer without an end."""
        shared_openai.reply(stream("Hel", finish_reason=None))
        await fail(chat_client, COMPLETION_STREAM)
        _, answer = await exchange(chat_client)
        assert (answer["message"], answer["status"]) == ("Hel", "partial")
        assert answer["usage"]["completion_tokens"] == 1

    async def test_odd_usage_is_left_out(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Numbers of tokens that nobody can count are left out."""
        choice = b'{"message": {"content": "Hello"}, "finish_reason": "stop"}'
        shared_openai.reply(body(b'{"choices": [%b], "usage": %b}' % (choice, ODD_USAGE)))
        message = (await chat_client.post(COMPLETION, json={"message": "Hi"})).json()
        assert (message["message"], message["usage"]) == ("Hello", None)

    async def test_odd_finish_reason_is_stored(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A finish reason is stored, whatever characters it holds."""
        shared_openai.reply(completion("Hello", finish_reason="st\x00op"))
        message = (await chat_client.post(COMPLETION, json={"message": "Hi"})).json()
        assert message["finish_reason"] == "st\N{REPLACEMENT CHARACTER}op"
        assert (await exchange(chat_client))[1] == message

    async def test_odd_fields_are_left_empty(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Fields of a chunk that are not what they should be are left empty."""
        choice = {"delta": {"content": "Hello"}, "finish_reason": None}
        odd = {"id": 5, "created": 1e29, "model": None, "choices": [choice]}
        shared_openai.reply(stream(odd))
        response = await chat_client.post(COMPLETION_STREAM, json={"message": "Hi"})
        assert b'data: {"id":"","created":0,"model":"","content":"Hello"' in response.content
