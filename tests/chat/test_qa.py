"""POST /v1/qa-create and /v1/qa-stream."""

import re
from typing import Any

import httpx2
import pytest

from app.documents.models import NewDocument
from tests.support.asking import QA, QA_STREAM, exchange, kinds, stored, stream
from tests.support.chat_knowledge import (
    DOCUMENTS,
    DUCK_QUESTION,
    PORT,
    PORT_QUESTION,
    UNRELATED_QUESTION,
)
from tests.support.fake_openai import FakeOpenAI
from tests.support.knowledge import DUCKS
from tests.support.openai_replies import text
from tests.support.server import content_of

NOTHING_FOUND = "No documents found in context. Please try again with a different query."
PORT_DOCUMENT, DUCK_DOCUMENT, _ = DOCUMENTS


async def uuid_of(client: httpx2.AsyncClient, document: NewDocument) -> str:
    """The uuid that a document was given when it was taken in."""
    documents = (await client.get("/v1/documents")).json()
    [uuid] = [found["uuid"] for found in documents if found["source"] == document.source]
    return str(uuid)


async def ask(client: httpx2.AsyncClient, message: str, **fields: Any) -> dict[str, Any]:
    """The answer to a question over the knowledge base."""
    response = await client.post(QA, json={"message": message, **fields})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


class TestQACreate:
    """A question with retrieval, answered as JSON."""

    async def test_sources_are_named(self, chat_client: httpx2.AsyncClient) -> None:
        """The answer names the passages that it rests on, the best first."""
        source = (await ask(chat_client, PORT_QUESTION))["sources"][0]
        assert source.pop("score") > 0.3
        assert source == {
            "document_uuid": await uuid_of(chat_client, PORT_DOCUMENT),
            "title": "Port",
            "source": "tests/chat/port.txt",
            "ordinal": 0,
            "start": 0,
            "end": len(PORT),
            "page": None,
            "headings": [],
            "text": PORT,
        }

    async def test_sources_come_best_first(self, chat_client: httpx2.AsyncClient) -> None:
        """Sources come with falling scores."""
        sources = (await ask(chat_client, DUCK_QUESTION))["sources"]
        scores = [source["score"] for source in sources]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)

    async def test_prompt_holds_the_passages(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """The model is told to use the numbered passages alone, and then asked the question."""
        await ask(chat_client, PORT_QUESTION, limit=1)
        system, user = shared_openai.requests[-1].body["messages"]
        assert system["role"] == "system"
        assert "passages alone" in system["content"]
        fenced = rf'<passage-(\w{{8}}) number="1" title="Port">\n{re.escape(PORT)}\n</passage-\1>'
        assert re.match(fenced, user["content"])
        assert user["content"].endswith(f": {PORT_QUESTION}")

    async def test_sources_are_stored_with_the_answer(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """The answer is stored with its sources, the question as it was asked and without any."""
        shared_openai.reply(text("On port 8000 [1]."))
        answer = await ask(chat_client, PORT_QUESTION)
        question, answer_stored = await exchange(chat_client)
        assert answer_stored == answer
        assert answer["message"] == "On port 8000 [1]."
        assert (question["message"], question["sources"]) == (PORT_QUESTION, [])

    async def test_limit_bounds_the_sources(self, chat_client: httpx2.AsyncClient) -> None:
        """No more passages are used than `limit` lets."""
        assert len((await ask(chat_client, DUCK_QUESTION, limit=1))["sources"]) == 1

    async def test_nothing_found_asks_no_model(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where nothing is relevant the answer says so, and the model is not asked."""
        count = len(shared_openai.requests)
        answer = await ask(chat_client, UNRELATED_QUESTION)
        assert (answer["message"], answer["sources"]) == (NOTHING_FOUND, [])
        assert (answer["status"], answer["finish_reason"]) == ("complete", "stop")
        assert await stored(chat_client, answer["uuid"]) == answer
        assert len(shared_openai.requests) == count


class TestFilter:
    """The part of the knowledge base that may be used."""

    async def test_only_given_documents_are_used(self, chat_client: httpx2.AsyncClient) -> None:
        """Only the given documents are used."""
        chosen = {"document_uuids": [await uuid_of(chat_client, DUCK_DOCUMENT)]}
        answer = await ask(chat_client, DUCK_QUESTION, filter=chosen)
        assert [source["text"] for source in answer["sources"]] == [DUCKS]

    async def test_only_the_given_source_is_used(self, chat_client: httpx2.AsyncClient) -> None:
        """Only the given source is used."""
        answer = await ask(chat_client, DUCK_QUESTION, filter={"source": DUCK_DOCUMENT.source})
        assert [source["text"] for source in answer["sources"]] == [DUCKS]

    @pytest.mark.parametrize(
        "nothing",
        [
            {"document_uuids": []},
            {"source": "elsewhere"},
            {"metadata": {"language": "de"}},
        ],
        ids=["empty list", "unknown source", "unknown metadata"],
    )
    async def test_nothing_let_in_finds_nothing(
        self, chat_client: httpx2.AsyncClient, nothing: dict[str, Any]
    ) -> None:
        """A filter that lets no document in, as an empty list does, finds nothing."""
        assert (await ask(chat_client, DUCK_QUESTION, filter=nothing))["message"] == NOTHING_FOUND

    async def test_parts_that_exclude_each_other_find_nothing(
        self, chat_client: httpx2.AsyncClient
    ) -> None:
        """Parts that exclude each other match nothing together."""
        chosen = {
            "document_uuids": [await uuid_of(chat_client, DUCK_DOCUMENT)],
            "source": PORT_DOCUMENT.source,
        }
        assert (await ask(chat_client, DUCK_QUESTION, filter=chosen))["message"] == NOTHING_FOUND

    async def test_no_parts_let_everything_in(self, chat_client: httpx2.AsyncClient) -> None:
        """A filter without parts lets everything in."""
        assert (await ask(chat_client, DUCK_QUESTION, filter={}))["sources"][0]["text"] == DUCKS


class TestQAStream:
    """A question with retrieval, answered as server-sent events."""

    async def test_sources_come_second(self, chat_client: httpx2.AsyncClient) -> None:
        """The sources come second, before the first delta, and equal those of the message."""
        events = await stream(chat_client, PORT_QUESTION, QA_STREAM)
        assert kinds(events) == ["start", "sources", "message", "done"]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        done = events[-1]["data"]
        assert events[1]["data"] == done["sources"]
        assert done["sources"][0]["text"] == PORT
        assert done["message"] == content_of(events)
        assert await stored(chat_client, done["uuid"]) == done

    async def test_nothing_found_is_one_delta(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where nothing is relevant the stream says so in one delta, and the model is not asked."""
        count = len(shared_openai.requests)
        events = await stream(chat_client, UNRELATED_QUESTION, QA_STREAM)
        assert [event["event"] for event in events] == ["start", "sources", "message", "done"]
        assert events[1]["data"] == []
        assert events[2]["data"]["content"] == events[3]["data"]["message"] == NOTHING_FOUND
        assert events[2]["data"]["finish_reason"] == "stop"
        assert len(shared_openai.requests) == count
