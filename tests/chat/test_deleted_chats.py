"""Chats that are deleted while an answer is generated in them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from settings import Settings
from tests.support.asking import ALL, COMPLETION, COMPLETION_STREAM
from tests.support.chatting import CHATS, messages_of, new_chat
from tests.support.fake_openai import FakeOpenAI
from tests.support.generations import under_way
from tests.support.openai_replies import after, stream, text
from tests.support.psql import sql
from tests.support.server import parse_events, problem_of
from tests.support.waiting import until

KEPT = "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM idempotency_key)"


@pytest.fixture(scope="module")
def shared_settings(shared_settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of a process that beats once, and then only when it is woken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.chat.processes.BEAT_SEC", 3600)
        yield shared_settings


async def delete_meanwhile(
    client: httpx2.AsyncClient, fake: FakeOpenAI, path: str, **headers: str
) -> httpx2.Response:
    """The response to a question whose chat is deleted while the model is asked."""
    chat = await new_chat(client)
    question = {"message": "What do ducks eat?", "chat_uuid": chat}
    asking = asyncio.create_task(client.post(path, json=question, headers=headers))
    request = await fake.arrival()
    assert (await client.delete(f"{CHATS}/{chat}")).status_code == 204
    await asyncio.wait_for(request.disconnected.wait(), 5)
    response = await asyncio.wait_for(asking, 5)
    assert await messages_of(client, chat) == []
    assert not under_way()
    return response


class TestDeletedMeanwhile:
    """The model would go on for ever."""

    async def test_stream(self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """The model is cancelled at once, and the stream ends with an error."""
        shared_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        response = await delete_meanwhile(chat_client, shared_openai, COMPLETION_STREAM)
        last = parse_events(response.content)[-1]
        assert (last["event"], last["data"]["code"]) == ("error", "not_found")
        assert last["data"]["status"] == 404

    @pytest.mark.parametrize("path", ALL)
    async def test_before_its_beginning(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """Before the model has answered, the client is told by a problem."""
        shared_openai.reply(after(asyncio.Event(), text("too late")))
        response = await delete_meanwhile(chat_client, shared_openai, path)
        assert problem_of(response)["code"] == "not_found"

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_nothing_is_left(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        shared_settings: dict[str, Any],
        path: str,
    ) -> None:
        """Neither a journal nor an idempotency key is left of it."""
        before = await sql(Settings(**shared_settings), KEPT)
        shared_openai.reply(after(asyncio.Event(), text("too late")))
        headers = {"Idempotency-Key": path}
        await delete_meanwhile(chat_client, shared_openai, path, **headers)

        async def is_as_before() -> bool:
            return await sql(Settings(**shared_settings), KEPT) == before

        await until(is_as_before)  # a busy machine releases the key after the response
