"""POST /v1/qa-create and /v1/qa-stream."""

from typing import Any

import httpx2
import pytest

from app.documents.models import NewDocument
from tests.chat.asking import QA, QA_STREAM, exchange, kinds, stored, stream
from tests.chat.knowledge import (
    DOCUMENTS,
    DUCK_QUESTION,
    DUCKS,
    PORT,
    PORT_QUESTION,
    UNRELATED_QUESTION,
)
from tests.fakes import FakeOpenAI
from tests.replies import text
from tests.server import content_of

NOTHING_FOUND = "No documents found in context. Please try again with a different query."
PORT_DOCUMENT, DUCK_DOCUMENT, _ = DOCUMENTS


async def uuid_of(client: httpx2.AsyncClient, document: NewDocument) -> str:
    """The uuid that a document was given when it was taken in."""
    documents = (await client.get("/v1/documents")).json()
    [uuid] = [each["uuid"] for each in documents if each["source"] == document.source]
    return str(uuid)


async def ask(client: httpx2.AsyncClient, message: str, **fields: Any) -> dict[str, Any]:
    """The answer to a question over the knowledge base."""
    response = await client.post(QA, json={"message": message, **fields})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


class TestQACreate:
    """A question with retrieval, answered as JSON."""

    async def test_sources(self, client: httpx2.AsyncClient) -> None:
        """The answer names the passages that it rests on, the best first."""
        source = (await ask(client, PORT_QUESTION))["sources"][0]
        assert source.pop("score") > 0.3
        assert source == {
            "document_uuid": await uuid_of(client, PORT_DOCUMENT),
            "title": "Port",
            "source": "tests/chat/port.txt",
            "ordinal": 0,
            "start": 0,
            "end": len(PORT),
            "text": PORT,
        }

    async def test_order(self, client: httpx2.AsyncClient) -> None:
        """Sources come with falling scores."""
        scores = [each["score"] for each in (await ask(client, DUCK_QUESTION))["sources"]]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)

    async def test_prompt(self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """The model is told to use the numbered passages alone, and then asked the question."""
        await ask(client, PORT_QUESTION, limit=1)
        system, user = shared_openai.requests[-1].body["messages"]
        assert system["role"] == "system"
        assert "passages alone" in system["content"]
        assert f'<passage number="1" title="Port">\n{PORT}\n</passage>' in user["content"]
        assert user["content"].endswith(f": {PORT_QUESTION}")

    async def test_stored(self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """The answer is stored with its sources, the question as it was asked and without any."""
        shared_openai.reply(text("On port 8000 [1]."))
        answer = await ask(client, PORT_QUESTION)
        question, answer_stored = await exchange(client)
        assert answer_stored == answer
        assert answer["message"] == "On port 8000 [1]."
        assert (question["message"], question["sources"]) == (PORT_QUESTION, [])

    async def test_limit(self, client: httpx2.AsyncClient) -> None:
        """No more passages are used than `limit` lets."""
        assert len((await ask(client, DUCK_QUESTION, limit=1))["sources"]) == 1

    async def test_nothing_found(
        self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where nothing is relevant the answer says so, and the model is not asked."""
        count = len(shared_openai.requests)
        answer = await ask(client, UNRELATED_QUESTION)
        assert (answer["message"], answer["sources"]) == (NOTHING_FOUND, [])
        assert (answer["status"], answer["finish_reason"]) == ("complete", "stop")
        assert await stored(client, answer["uuid"]) == answer
        assert len(shared_openai.requests) == count


class TestFilter:
    """The part of the knowledge base that may be used."""

    async def test_document(self, client: httpx2.AsyncClient) -> None:
        """Only the given documents are used."""
        chosen = {"document_uuids": [await uuid_of(client, DUCK_DOCUMENT)]}
        answer = await ask(client, DUCK_QUESTION, filter=chosen)
        assert [each["text"] for each in answer["sources"]] == [DUCKS]

    async def test_source(self, client: httpx2.AsyncClient) -> None:
        """Only the given source is used."""
        answer = await ask(client, DUCK_QUESTION, filter={"source": DUCK_DOCUMENT.source})
        assert [each["text"] for each in answer["sources"]] == [DUCKS]

    @pytest.mark.parametrize(
        "nothing",
        [
            {"document_uuids": []},
            {"source": "elsewhere"},
            {"metadata": {"language": "de"}},
        ],
        ids=["empty list", "unknown source", "unknown metadata"],
    )
    async def test_nothing(self, client: httpx2.AsyncClient, nothing: dict[str, Any]) -> None:
        """All given parts must hold, and an empty list matches nothing."""
        assert (await ask(client, DUCK_QUESTION, filter=nothing))["message"] == NOTHING_FOUND

    async def test_parts(self, client: httpx2.AsyncClient) -> None:
        """Parts that exclude each other match nothing together."""
        chosen = {
            "document_uuids": [await uuid_of(client, DUCK_DOCUMENT)],
            "source": PORT_DOCUMENT.source,
        }
        assert (await ask(client, DUCK_QUESTION, filter=chosen))["message"] == NOTHING_FOUND

    async def test_empty(self, client: httpx2.AsyncClient) -> None:
        """A filter without parts lets everything in."""
        assert (await ask(client, DUCK_QUESTION, filter={}))["sources"][0]["text"] == DUCKS


class TestQAStream:
    """A question with retrieval, answered as server-sent events."""

    async def test_events(self, client: httpx2.AsyncClient) -> None:
        """The sources come second, before the first piece, and equal those of the message."""
        events = await stream(client, PORT_QUESTION, QA_STREAM)
        assert kinds(events) == ["start", "sources", "message", "done"]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        done = events[-1]["data"]
        assert events[1]["data"] == done["sources"]
        assert done["sources"][0]["text"] == PORT
        assert done["message"] == content_of(events)
        assert await stored(client, done["uuid"]) == done

    async def test_nothing_found(
        self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where nothing is relevant that text is the one piece, and the model is not asked."""
        count = len(shared_openai.requests)
        events = await stream(client, UNRELATED_QUESTION, QA_STREAM)
        assert [event["event"] for event in events] == ["start", "sources", "message", "done"]
        assert events[1]["data"] == []
        assert events[2]["data"]["content"] == events[3]["data"]["message"] == NOTHING_FOUND
        assert events[2]["data"]["finish_reason"] == "stop"
        assert len(shared_openai.requests) == count
