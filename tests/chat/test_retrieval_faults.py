"""Qdrant down, or silent."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.core.embeddings import Embedder
from tests.chat.asking import COMPLETION, QA, QA_STREAM, exchange, fail, kinds, stored
from tests.chat.knowledge import PORT_QUESTION
from tests.conftest import SettingsFactory
from tests.fakes import FakeOpenAI, refusing_url
from tests.qdrant_double import QdrantDouble
from tests.server import follow, serve
from tests.waiting import until


@pytest.fixture(scope="module")
def shared_settings(shared_settings: dict[str, Any]) -> dict[str, Any]:
    """A service with a single place, whose Qdrant is not there."""
    refusing = refusing_url().removesuffix("/v1")
    return shared_settings | {"QDRANT_URL": refusing, "MAX_CONCURRENT_GENERATIONS": 1}


@pytest.fixture
def qdrant(tmp_path: Path) -> Iterator[QdrantDouble]:
    """A Qdrant that will fall silent."""
    with QdrantDouble(tmp_path) as double:
        yield double


@pytest.fixture
def over_qdrant(make_settings: SettingsFactory, qdrant: QdrantDouble) -> SettingsFactory:
    """A service with a single place over it."""
    defaults = {"QDRANT_URL": qdrant.url, "MAX_CONCURRENT_GENERATIONS": 1}
    return lambda **given: make_settings(**defaults | given)


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestQdrantDown:
    """A question that needs the knowledge base while that does not answer."""

    async def test_told(
        self, client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """It is a 503 before any stream; nothing is stored and no model is asked."""
        await client.post(COMPLETION, json={"message": "Hello"})
        before, count = await exchange(client), len(shared_openai.requests)
        fault = await fail(client, path, PORT_QUESTION)
        assert (fault.status, fault.code) == (503, "retrieval_unavailable")
        assert fault.detail == "The knowledge base does not answer. Please try again."
        assert (fault.retry_after, fault.in_stream) == ("1", False)
        assert await exchange(client) == before
        assert len(shared_openai.requests) == count

    async def test_completions(self, client: httpx2.AsyncClient, path: str) -> None:
        """Answers that need no retrieval are given as ever."""
        await fail(client, path, PORT_QUESTION)
        response = await client.post(COMPLETION, json={"message": "Hello"})
        assert response.json()["message"] == "Echo: Hello"


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestQdrantSilent:
    """A knowledge base that takes questions and does not answer them."""

    async def test_in_time(
        self, over_qdrant: SettingsFactory, qdrant: QdrantDouble, path: str
    ) -> None:
        """GENERATION_TIMEOUT_SEC counts retrieval; nothing is stored of what ends there."""
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

    async def test_client_gone(
        self, over_qdrant: SettingsFactory, qdrant: QdrantDouble, path: str
    ) -> None:
        """A client that leaves meanwhile makes room at once, and nothing comes of its question."""
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

    async def test_answered(self, over_qdrant: SettingsFactory, qdrant: QdrantDouble) -> None:
        """The stream begins without it, and brings what it finds when that is there."""
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

    async def test_failed(self, over_qdrant: SettingsFactory, qdrant: QdrantDouble) -> None:
        """What it cannot find then is an `error` event in place of a 503."""
        settings = over_qdrant(STREAM_START_SEC=0.05, QDRANT_TIMEOUT_SEC=0.3)
        async with serve(settings) as client:
            qdrant.fall_silent()
            fault = await fail(client, QA_STREAM, PORT_QUESTION)
            assert (fault.status, fault.code) == (503, "retrieval_unavailable")
            assert fault.in_stream


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestOurFault:
    """Something goes wrong that nobody foresaw: here, an embedder that was closed too early."""

    async def test_told(
        self, make_settings: SettingsFactory, own_embedder: Embedder, path: str
    ) -> None:
        """It is a 500 that says nothing more, and the one place is free again."""
        async with serve(make_settings(MAX_CONCURRENT_GENERATIONS=1)) as client:
            own_embedder.close()
            fault = await fail(client, path, PORT_QUESTION)
            assert (fault.status, fault.code) == (500, "internal_server_error")
            assert fault.detail == "Something went wrong on our side."
            response = await client.post(COMPLETION, json={"message": "Hello"})
            assert response.status_code == 200
