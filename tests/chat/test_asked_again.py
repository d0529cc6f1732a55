"""Questions that are asked again with their Idempotency-Key."""

import asyncio
from typing import Any

import httpx2
import pytest

from settings import Settings
from tests.support.asking import ALL, COMPLETION, COMPLETION_STREAM, QUESTION
from tests.support.chatting import CHATS, new_chat
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import stream as stream_reply
from tests.support.psql import sql
from tests.support.server import connect, parse_events, problem_of
from tests.support.waiting import until

Json = dict[str, Any]
BODY = "SELECT body FROM idempotency_key WHERE key = %s"


def message_in(response: httpx2.Response) -> Json:
    """The answer, of JSON or of a stream's last event."""
    assert response.status_code == 200, response.text
    if "json" in response.headers["content-type"]:
        message: Json = response.json()
    else:
        message = parse_events(response.content)[-1]["data"]
    return message


class TestAskedAgain:
    @pytest.mark.parametrize("path", ALL)
    async def test_same_answer(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """The same question with the same key has the same answer, and asks the model once."""
        headers = {"Idempotency-Key": f"same {path}".replace(" ", "-")}
        first = await chat_client.post(path, json=QUESTION, headers=headers)
        asked = len(shared_openai.requests)
        again = await chat_client.post(path, json=QUESTION, headers=headers)
        assert message_in(again) == message_in(first)
        assert again.headers["idempotency-replayed"] == "true"
        assert len(shared_openai.requests) == asked

    @pytest.mark.parametrize("path", ALL)
    async def test_deleted(
        self,
        chat_client: httpx2.AsyncClient,
        shared_settings: dict[str, Any],
        path: str,
    ) -> None:
        """An answer whose chat is deleted is not told again."""
        chat = await new_chat(chat_client)
        asked = {"message": "Say teal", "chat_uuid": chat}
        headers = {"Idempotency-Key": f"deleted-{chat}"}
        assert message_in(await chat_client.post(path, json=asked, headers=headers))
        await chat_client.delete(f"{CHATS}/{chat}")
        kept = await sql(Settings(**shared_settings), BODY, headers["Idempotency-Key"])
        assert kept in ([], [(None,)])
        again = await chat_client.post(path, json=asked, headers=headers)
        assert problem_of(again)["code"] == "not_found"

    async def test_client_that_left(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Who left before the answer was whole gets a whole one when they ask again."""
        path, headers = COMPLETION, {"Idempotency-Key": "left"}
        released = asyncio.Event()
        shared_openai.reply(stream_reply("Hel", released, "lo"))
        asked = len(shared_openai.requests)
        async with connect(str(chat_client.base_url)) as leaving:
            asking = asyncio.create_task(leaving.post(path, json=QUESTION, headers=headers))
            await until(lambda: len(shared_openai.requests) > asked)
            asking.cancel()
        released.set()

        async def is_free() -> bool:
            response = await chat_client.post(path, json=QUESTION, headers=headers)
            if response.status_code == 409:
                return False
            message = message_in(response)
            assert (message["message"], message["status"]) == ("Echo: Hello there", "complete")
            return True

        await until(is_free)

    async def test_client_that_left_a_stream(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Who left a stream gets the same one, from its beginning, when they ask again."""
        path, headers = COMPLETION_STREAM, {"Idempotency-Key": "left-a-stream"}
        released = asyncio.Event()
        shared_openai.reply(stream_reply("Hel", released, "lo"))
        async with chat_client.stream("POST", path, json=QUESTION, headers=headers) as response:
            chunks = response.aiter_bytes()
            read = await anext(chunks)
            asked = len(shared_openai.requests)
        again = await chat_client.post(path, json=QUESTION, headers=headers)
        assert again.status_code == 409
        released.set()

        async def is_replayed() -> bool:
            again = await chat_client.post(path, json=QUESTION, headers=headers)
            if again.status_code == 409:
                return False
            assert again.content.startswith(read)
            assert again.headers["idempotency-replayed"] == "true"
            return bool(message_in(again)["message"] == "Hello")

        await until(is_replayed)
        assert len(shared_openai.requests) == asked
