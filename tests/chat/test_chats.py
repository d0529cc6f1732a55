"""Chats: made, listed, renamed and deleted."""

from uuid import uuid4

import httpx2
import pytest

from app.chat.chats import TITLE_CHARS, title_of
from tests.support.asking import ALL
from tests.support.chatting import CHATS, ask, messages_of, new_chat
from tests.support.server import problem_of


class TestChats:
    """The five endpoints."""

    async def test_made_and_looked_at(self, chat_client: httpx2.AsyncClient) -> None:
        """A chat is what was made, wherever one looks at it."""
        made = (await chat_client.post(CHATS, json={"title": "Ducks"})).json()
        assert made.keys() == {"uuid", "title", "created_at", "updated_at"}
        assert made["title"] == "Ducks"
        assert (await chat_client.get(f"{CHATS}/{made['uuid']}")).json() == made
        assert (await chat_client.get(CHATS)).json()[0] == made

    async def test_pages(self, chat_client: httpx2.AsyncClient) -> None:
        """Lists go on from page to page, newest first, also after a deletion."""
        made = [await new_chat(chat_client) for _ in range(5)]
        page = await chat_client.get(CHATS, params={"limit": 2})
        assert [chat["uuid"] for chat in page.json()] == made[:2:-1]
        await chat_client.delete(f"{CHATS}/{made[3]}")
        following = await chat_client.get(page.links["next"]["url"])
        assert [chat["uuid"] for chat in following.json()] == [made[2], made[1]]

    async def test_renamed(self, chat_client: httpx2.AsyncClient) -> None:
        """A chat can get another title, which must be one."""
        uuid = await new_chat(chat_client)
        renamed = await chat_client.patch(f"{CHATS}/{uuid}", json={"title": "Geese"})
        assert renamed.json()["title"] == "Geese"
        for body in ({}, {"title": " "}, {"title": None}, {"title": "t" * 301}, {"name": "x"}):
            response = await chat_client.patch(f"{CHATS}/{uuid}", json=body)
            assert problem_of(response)["status"] == 422

    async def test_title_is_made_of_the_first_question(
        self, chat_client: httpx2.AsyncClient
    ) -> None:
        """Without a title a chat is called by its first question; with one it keeps that."""
        for given, expected in (({}, "What do ducks eat?"), ({"title": "Mine"}, "Mine")):
            uuid = await new_chat(chat_client, **given)
            await ask(chat_client, uuid, "What do\n ducks eat?")
            await ask(chat_client, uuid, "And geese?")
            assert (await chat_client.get(f"{CHATS}/{uuid}")).json()["title"] == expected

    @pytest.mark.parametrize(
        "question", ["word " * 40, "w" * 200, "a" * (TITLE_CHARS - 1) + " b", "日" * 200]
    )
    def test_titles_are_short(self, question: str) -> None:
        """A long question is cut at a word, if it has any."""
        title = title_of(question)
        assert len(title) <= TITLE_CHARS
        assert title.endswith("…")

    async def test_deleted_with_its_messages(self, chat_client: httpx2.AsyncClient) -> None:
        """Of a deleted chat no message is left."""
        uuid = await new_chat(chat_client)
        answer = await ask(chat_client, uuid, "Hello")
        assert (await chat_client.delete(f"{CHATS}/{uuid}")).status_code == 204
        for path in (f"{CHATS}/{uuid}", f"/v1/messages/{answer['uuid']}"):
            assert problem_of(await chat_client.get(path))["code"] == "not_found"
        assert await messages_of(chat_client, uuid) == []

    @pytest.mark.parametrize("path", ALL)
    async def test_unknown_chat(self, chat_client: httpx2.AsyncClient, path: str) -> None:
        """A question in a chat that is not there is a 404, and nothing is stored."""
        before = (await chat_client.get("/v1/messages", params={"limit": 1})).json()
        response = await chat_client.post(
            path, json={"message": "Hello", "chat_uuid": str(uuid4())}
        )
        assert problem_of(response)["code"] == "not_found"
        assert (await chat_client.get("/v1/messages", params={"limit": 1})).json() == before
