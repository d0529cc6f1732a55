"""Qdrant down, or silent."""

import asyncio
from typing import Any

import httpx2
import pytest

from app.embeddings.embedder import create_embedder
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, QA, QA_STREAM, exchange, fail, kinds, stored
from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.qdrant_double import QdrantDouble
from tests.support.server import follow, parse_events, serve
from tests.support.waiting import until


@pytest.fixture(scope="module")
def shared_settings(shared_settings: dict[str, Any]) -> dict[str, Any]:
    """A service with a single place, whose Qdrant is not there."""
    refusing = refusing_url().removesuffix("/v1")
    return shared_settings | {"QDRANT_URL": refusing, "MAX_CONCURRENT_GENERATIONS": 1}


@pytest.fixture
def over_qdrant(make_chat_settings: SettingsFactory, qdrant: QdrantDouble) -> SettingsFactory:
    """A service with a single place over a Qdrant that will fall silent."""
    defaults = {"QDRANT_URL": qdrant.url, "MAX_CONCURRENT_GENERATIONS": 1}
    return lambda **given: make_chat_settings(**defaults | given)


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestQdrantDown:
    """A question that needs the knowledge base while that does not answer."""

    async def test_question_is_refused(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """Without Qdrant a question is a 503 before any stream: nothing is stored or asked."""
        await chat_client.post(COMPLETION, json={"message": "Hello"})
        before, count = await exchange(chat_client), len(shared_openai.requests)
        fault = await fail(chat_client, path, PORT_QUESTION)
        assert (fault.status, fault.code) == (503, "retrieval_unavailable")
        assert fault.detail == "The knowledge base does not answer. Please try again."
        assert (fault.retry_after, fault.in_stream) == ("1", False)
        assert await exchange(chat_client) == before
        assert len(shared_openai.requests) == count

    async def test_answers_without_retrieval_are_given(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """Answers that need no retrieval are given although Qdrant is down."""
        await fail(chat_client, path, PORT_QUESTION)
        response = await chat_client.post(COMPLETION, json={"message": "Hello"})
        assert response.json()["message"] == "Echo: Hello"


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestQdrantSilent:
    """A knowledge base that takes questions and does not answer them."""

    async def test_timeout_includes_retrieval(
        self, over_qdrant: SettingsFactory, qdrant: QdrantDouble, path: str
    ) -> None:
        """GENERATION_TIMEOUT_SEC includes retrieval, and nothing is stored of what ends there."""
        async with serve(over_qdrant(GENERATION_TIMEOUT_SEC=1)) as client:
            await client.post(COMPLETION, json={"message": "Hello"})
            before = await exchange(client)
            qdrant.fall_silent()
            fault = await fail(client, path, PORT_QUESTION)
            assert (fault.status, fault.code) == (504, "stream_timeout")
            assert not fault.in_stream
            assert await exchange(client) == before
            response = await client.post(COMPLETION, json={"message": "Hello"})
            assert response.status_code == 200

    async def test_client_gone_makes_room(
        self, over_qdrant: SettingsFactory, qdrant: QdrantDouble, path: str
    ) -> None:
        """A client that leaves during retrieval makes room, and nothing comes of its question."""
        async with serve(over_qdrant(QUEUE_TIMEOUT_SEC=1)) as client:
            before = (await client.post(COMPLETION, json={"message": "Hello"})).json()
            qdrant.fall_silent()
            asking = asyncio.create_task(client.post(path, json={"message": PORT_QUESTION}))
            await until(lambda: "POST /collections/demo/points/query/batch" in qdrant.requests)
            asking.cancel()
            response = await client.post(COMPLETION, json={"message": "Hello"})
            assert response.status_code == 200
            newest = (await client.get("/v1/messages", params={"limit": 3})).json()
            assert newest[-1] == before


class TestLateStream:
    """A knowledge base that takes longer than STREAM_START_SEC."""

    async def test_stream_begins_without_sources(
        self, over_qdrant: SettingsFactory, qdrant: QdrantDouble
    ) -> None:
        """The stream begins without sources, and brings them as soon as they are found."""
        async with serve(over_qdrant(STREAM_START_SEC=0.05)) as client:
            qdrant.fall_silent()
            request = client.stream("POST", QA_STREAM, json={"message": PORT_QUESTION})
            async with request as response:
                events = follow(response)
                start = await anext(events)
                qdrant.recover()
                rest = [event async for event in events]
            assert [start["event"], *kinds(rest)] == ["start", "sources", "message", "done"]
            uuid = response.headers["x-message-uuid"]
            assert start["data"]["uuid"] == rest[-1]["data"]["uuid"] == uuid
            assert await stored(client, uuid) == rest[-1]["data"]

    async def test_late_failure_is_an_event(
        self, over_qdrant: SettingsFactory, qdrant: QdrantDouble
    ) -> None:
        """Retrieval that fails after the stream began is an `error` event, and a failed answer."""
        settings = over_qdrant(STREAM_START_SEC=0.05, QDRANT_TIMEOUT_SEC=0.3)
        async with serve(settings) as client:
            qdrant.fall_silent()
            response = await client.post(QA_STREAM, json={"message": PORT_QUESTION})
            [start, error] = parse_events(response.content)
            assert error["data"]["code"] == "retrieval_unavailable"
            answer = await stored(client, response.headers["x-message-uuid"])
            assert (answer["uuid"], answer["status"]) == (start["data"]["uuid"], "failed")
            again = await client.get(f"/v1/messages/{answer['uuid']}/stream")
            assert again.content == response.content


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestOurFault:
    """Something goes wrong that nobody foresaw: here, an embedder that was closed too early."""

    async def test_fault_of_ours_frees_the_place(
        self, make_chat_settings: SettingsFactory, path: str
    ) -> None:
        """A fault of ours is a 500 that says nothing more, and the one place is free again."""
        settings = make_chat_settings(MAX_CONCURRENT_GENERATIONS=1)
        embedder = await asyncio.to_thread(create_embedder, settings)
        async with serve(settings, embedder) as client:
            embedder.close()
            fault = await fail(client, path, PORT_QUESTION)
            assert (fault.status, fault.code) == (500, "internal_server_error")
            assert fault.detail == "Something went wrong on our side."
            response = await client.post(COMPLETION, json={"message": "Hello"})
            assert response.status_code == 200
