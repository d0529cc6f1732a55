"""Chats: made, listed, renamed, deleted, and continued by questions."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.chat.chats import TITLE_CHARS, ChatOrder, title_of
from app.core.caller import NOBODY
from tests.support.asking import ALL, COMPLETION, COMPLETION_STREAM, QA, fail, stream
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import error, text
from tests.support.openai_replies import stream as stream_reply
from tests.support.server import parse_events, problem_of
from tests.support.users import ANN
from tests.support.waiting import until

Json = dict[str, Any]
CHATS = "/v1/chats"


async def new_chat(client: httpx2.AsyncClient, **given: str) -> str:
    """The uuid of a new chat."""
    response = await client.post(CHATS, json=given)
    assert response.status_code == 201
    uuid: str = response.json()["uuid"]
    return uuid


async def ask(
    client: httpx2.AsyncClient, chat: str, question: str, path: str = COMPLETION, **given: Any
) -> Json:
    """The answer to a question in a chat."""
    response = await client.post(path, json={"message": question, "chat_uuid": chat} | given)
    assert response.status_code == 200, response.text
    if path.endswith("stream"):
        answer: Json = parse_events(response.content)[-1]["data"]
    else:
        answer = response.json()
    return answer


async def messages_of(client: httpx2.AsyncClient, chat: str) -> list[str]:
    """What was said in a chat, oldest first."""
    response = await client.get("/v1/messages", params={"chat_uuid": chat})
    return [message["message"] for message in response.json()][::-1]


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

    async def test_deleted_while_it_answers(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A chat that is deleted while an answer is generated stays deleted; the client is told."""
        released = asyncio.Event()
        shared_openai.reply(stream_reply("Hel", released, "lo"))
        uuid = await new_chat(chat_client)
        question = {"message": "Hello", "chat_uuid": uuid}
        before = len(shared_openai.requests)
        asking = asyncio.create_task(chat_client.post(COMPLETION_STREAM, json=question))
        await until(lambda: len(shared_openai.requests) > before)
        await chat_client.delete(f"{CHATS}/{uuid}")
        released.set()
        last = parse_events((await asking).content)[-1]
        assert (last["event"], last["data"]["code"]) == ("error", "not_found")
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


class TestContext:
    """What the model is told of a chat."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_earlier_turns_are_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """The earlier questions and answers of the chat stand before the question, in order."""
        uuid = await new_chat(chat_client)
        for number, question in enumerate(("One", "Two", "Three")):
            answer = await ask(chat_client, uuid, question, path)
            assert answer["turns"] == {"used": number, "dropped": 0}
            assert answer["chat_uuid"] == uuid
        told = [message["content"] for message in shared_openai.requests[-1].body["messages"]]
        assert told == ["One", "Echo: One", "Two", "Echo: Two", "Three"]
        assert await messages_of(chat_client, uuid) == [*told, "Echo: Three"]

    async def test_other_chats_are_not_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Nothing of another chat, or of a question outside, is told."""
        await ask(chat_client, await new_chat(chat_client), "One")
        await stream(chat_client, "Two")
        await ask(chat_client, await new_chat(chat_client), "Three")
        assert len(shared_openai.requests[-1].body["messages"]) == 1

    async def test_failed_exchanges_are_not_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An exchange without a whole answer is no context."""
        uuid = await new_chat(chat_client)
        shared_openai.reply(error(400))
        question = {"message": "Broken", "chat_uuid": uuid}
        assert (await chat_client.post(COMPLETION, json=question)).status_code == 500
        answer = await ask(chat_client, uuid, "Whole")
        assert answer["turns"] == {"used": 0, "dropped": 0}
        assert len(shared_openai.requests[-1].body["messages"]) == 1

    async def test_upstream_that_counts_more_tokens(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where the upstream says that the prompt is too long, older turns go, once."""
        uuid = await new_chat(chat_client)
        for question in ("One", "Two", "Three", "Four"):
            await ask(chat_client, uuid, question)
        shared_openai.reply(error(400, code="context_length_exceeded"))
        answer = await ask(chat_client, uuid, "Five")
        assert answer["turns"] == {"used": 1, "dropped": 3}
        told = [message["content"] for message in shared_openai.requests[-1].body["messages"]]
        assert told == ["Four", "Echo: Four", "Five"]
        shared_openai.reply(error(400, code="context_length_exceeded"), times=2)
        response = await chat_client.post(COMPLETION, json={"message": "Six", "chat_uuid": uuid})
        assert problem_of(response)["code"] == "context_length_exceeded"

    async def test_alone(self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """A question that the upstream finds too long without a chat is a 422."""
        shared_openai.reply(error(400, code="context_length_exceeded"))
        fault = await fail(chat_client, COMPLETION)
        assert (fault.status, fault.code) == (422, "context_length_exceeded")

    async def test_retrieval_in_a_chat(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """With retrieval the passages stand before the newest question, the turns before both."""
        uuid = await new_chat(chat_client)
        await ask(chat_client, uuid, "Hello")
        answer = await ask(chat_client, uuid, "What do ducks eat?", QA)
        assert answer["sources"]
        assert "What do ducks eat?" in answer["retrieval_queries"][0]
        roles = [message["role"] for message in shared_openai.requests[-1].body["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert "<passage" in shared_openai.requests[-1].body["messages"][-1]["content"]


class TestOrder:
    async def test_questions_at_the_same_time(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Questions that come at the same time stand in the order of their coming."""
        uuid = await new_chat(chat_client)
        questions = [f"Question {number}" for number in range(8)]
        shared_openai.reply(*(text(f"Answer {number}") for number in range(8)))
        asked = []
        for number, question in enumerate(questions):
            # The slower retrieval comes first: without an order it would be stored last.
            path = QA if number % 2 == 0 else COMPLETION
            body = {"message": f"{question} about ducks and snails", "chat_uuid": uuid}
            asked.append(asyncio.create_task(chat_client.post(path, json=body)))
            await asyncio.sleep(0.01)  # so that they come in this order
        await asyncio.gather(*asked)

        async def is_whole() -> bool:
            return len(await messages_of(chat_client, uuid)) == 16

        await until(is_whole)
        said = await messages_of(chat_client, uuid)
        assert [text.split(" about")[0] for text in said[::2]] == questions

    async def test_later_one_that_ends_first(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Questions that end before they are stored neither harm those before nor let others by."""
        order, uuid = ChatOrder(), uuid4()
        with order.turn(NOBODY, uuid) as first:
            with order.turn(NOBODY, uuid) as second:
                assert second is not None
            with order.turn(NOBODY, uuid) as third:
                assert first is None
                assert third is not None
                assert not third.done()
                with order.turn(ANN, uuid) as of_a_stranger:
                    assert of_a_stranger is None
        await asyncio.wait([second, third], timeout=1)
        assert second.done()
        assert third.done()
        with order.turn(NOBODY, uuid) as later:
            assert later is None


class TestUnrelatedTurns:
    async def test_thanks_are_no_context(self, chat_client: httpx2.AsyncClient) -> None:
        """A follow-up is understood by the last turn that was about something; thanks use none."""
        uuid = await new_chat(chat_client)
        await ask(chat_client, uuid, "What do mallard ducks eat?", QA)
        thanks = await ask(chat_client, uuid, "Thank you very much!", QA)
        assert (thanks["sources"], thanks["retrieval_queries"]) == ([], [])
        assert thanks["turns"] == {"used": 0, "dropped": 0}
        answer = await ask(chat_client, uuid, "And when?", QA)
        assert "mallard" in answer["retrieval_queries"][1]
