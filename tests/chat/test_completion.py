"""POST /v1/completion."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2

from tests.support.asking import COMPLETION, QUESTION, exchange, stored
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import body, completion, text


class TestCompletion:
    """A question without retrieval, answered as JSON."""

    async def test_answer_has_every_field(self, chat_client: httpx2.AsyncClient) -> None:
        """The answer is the model's, with every field of the contract."""
        response = await chat_client.post(COMPLETION, json=QUESTION)
        message = response.json()
        assert response.status_code == 200
        assert UUID(message.pop("uuid")).version == 4
        assert message.pop("id") > 0
        created_at = datetime.fromisoformat(message.pop("created_at"))
        assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=1)
        assert message == {
            "chat_uuid": None,
            "model": "fake-model",
            "role": "assistant",
            "message": "Echo: Hello there",
            "status": "complete",
            "finish_reason": "stop",
            "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
            "sources": [],
            "retrieval_queries": None,
            "turns": None,
        }

    async def test_stored_answer_equals_the_returned(self, chat_client: httpx2.AsyncClient) -> None:
        """The stored answer equals the one that was returned."""
        message = (await chat_client.post(COMPLETION, json=QUESTION)).json()
        assert await stored(chat_client, message["uuid"]) == message

    async def test_question_is_stored_first(self, chat_client: httpx2.AsyncClient) -> None:
        """The question is stored word for word, before its answer."""
        asked = " Grüß Gott,\r\n\tduck 🦆! "
        message = (await chat_client.post(COMPLETION, json={"message": asked})).json()
        question, answer = await exchange(chat_client)
        assert answer == message
        assert question["id"] == answer["id"] - 1
        assert question["created_at"] <= answer["created_at"]
        assert (question["role"], question["message"], question["status"]) == (
            "user",
            asked,
            "complete",
        )

    async def test_model_is_asked_the_question_alone(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """The model is asked the question as it is, once, and not for a stream."""
        asked = " Hello,\n there "
        count = len(shared_openai.requests)
        await chat_client.post(COMPLETION, json={"message": asked})
        [request] = shared_openai.requests[count:]
        assert request.body["messages"] == [{"role": "user", "content": asked}]
        assert request.body["stream"] is False

    async def test_chosen_model_is_used_and_stored(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A model that is asked for is used, returned and stored with both messages."""
        await chat_client.post(COMPLETION, json={"message": "Hello", "model": "other-model"})
        question, answer = await exchange(chat_client)
        assert shared_openai.requests[-1].body["model"] == "other-model"
        assert question["model"] == answer["model"] == "other-model"

    async def test_cut_answer_has_the_reason_length(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An answer that the model cut at its limit is complete, with the reason `length`."""
        shared_openai.reply(completion("Once upon", finish_reason="length"))
        message = (await chat_client.post(COMPLETION, json={"message": "Tell me"})).json()
        assert (message["status"], message["finish_reason"]) == ("complete", "length")

    async def test_uncounted_tokens_are_no_fault(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """The answer of a model that does not count tokens is whole, and has no usage."""
        choice = b'{"message": {"content": "Hi"}, "finish_reason": "stop"}'
        shared_openai.reply(body(b'{"choices": [%b]}' % choice))
        message = (await chat_client.post(COMPLETION, json={"message": "Hello"})).json()
        assert (message["message"], message["usage"]) == ("Hi", None)

    async def test_nul_is_replaced(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A NUL from the model, which Postgres cannot store, becomes a replacement character."""
        shared_openai.reply(text("a\x00b"))
        message = (await chat_client.post(COMPLETION, json={"message": "Hello"})).json()
        assert message["message"] == "a\N{REPLACEMENT CHARACTER}b"
        assert await stored(chat_client, message["uuid"]) == message

    async def test_longest_question_is_answered(self, chat_client: httpx2.AsyncClient) -> None:
        """A question may be MAX_MESSAGE_CHARS characters long, however many bytes those take."""
        response = await chat_client.post(COMPLETION, json={"message": "🦆" * 32_000})
        assert response.status_code == 200
        assert response.json()["message"] == "Echo: " + "🦆" * 32_000
