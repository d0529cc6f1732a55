"""Answers that fail or whose process died, beneath the endpoints."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psycopg2
import pytest

from app.chat import decoding
from app.chat.generation import Generation
from app.chat.generations import Generations
from app.chat.messages import MessageService
from app.chat.models import BaseMessage
from app.chat.services import CompletionService
from app.chat.streaming import stream_events
from app.chat.upstream import Upstream
from app.core.llm import create_openai
from app.db import create_database
from tests.chat.asking import COMPLETION, COMPLETION_STREAM, exchange, fail, stored
from tests.conftest import SettingsFactory
from tests.fakes import FakeOpenAI
from tests.replies import error
from tests.server import serve
from tests.waiting import until

ABANDONED = """
    INSERT INTO message (uuid, model, role, message, status, created_at)
    VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating',
            clock_timestamp() - make_interval(secs => %s))
    RETURNING uuid
"""


def leave_behind(database_url: str, seconds: float) -> str:
    """The uuid of an answer that somebody began to generate so long ago."""
    connection = psycopg2.connect(database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(ABANDONED, [seconds])
            row = cursor.fetchone()
    finally:
        connection.close()
    assert row
    return str(row[0])


async def read(generation: Generation) -> None:
    """Reads the stream of an answer to its end."""
    async for _ in stream_events(generation, 60):
        pass


class TestFailure:
    """An answer that fails."""

    @pytest.fixture
    async def service(self, make_settings: SettingsFactory) -> AsyncIterator[CompletionService]:
        """What answers questions, without the endpoints that read the answers."""
        settings = make_settings()
        async with AsyncExitStack() as stack:
            database = await asyncio.to_thread(create_database, settings)
            stack.push_async_callback(database.close)
            client = await asyncio.to_thread(create_openai, settings)
            stack.push_async_callback(client.close)
            generations = Generations(Upstream(client), MessageService(database), settings)
            stack.push_async_callback(generations.close)
            yield CompletionService(generations)

    @pytest.mark.parametrize("readers", [0, 1, 2])
    async def test_logged_once(
        self,
        service: CompletionService,
        fake_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
        readers: int,
    ) -> None:
        """It is one error in the log, however many read of it, if anybody does."""
        fake_openai.reply(error(400))
        generation = service.answer(BaseMessage(message="Hello"), stream=True)
        await asyncio.gather(*(read(generation) for _ in range(readers)))
        await until(lambda: generation.ended)
        errors = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
        assert errors == ["openai_error: OpenAI call failed"]


class TestOurFault:
    """Something goes wrong that nobody foresaw: here, the parser of JSON is gone."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_stored(
        self, make_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        """The client is told that it was us, and the answer is not left behind as under way."""
        monkeypatch.setattr(decoding, "orjson", None)
        async with serve(make_settings()) as client:
            fault = await fail(client, path)
            assert (fault.status, fault.code) == (500, "internal_server_error")
            _, answer = await exchange(client)
            assert (answer["status"], answer["message"]) == ("failed", "")


class TestSweep:
    """Answers that nobody generates any more."""

    @pytest.fixture
    def old(self, database_url: str) -> str:
        """An answer that nobody can still be generating."""
        return leave_behind(database_url, seconds=20.5)

    @pytest.fixture
    def young(self, database_url: str) -> str:
        """One that another process may still be generating."""
        return leave_behind(database_url, seconds=5)

    async def test_abandoned(self, make_settings: SettingsFactory, old: str, young: str) -> None:
        """They fail when a service starts; what may still be under way is left alone."""
        async with serve(make_settings(GENERATION_TIMEOUT_SEC=10)) as client:

            async def is_failed() -> bool:
                return bool((await stored(client, old))["status"] == "failed")

            await until(is_failed)
            assert (await stored(client, old))["finish_reason"] == "abandoned"
            assert (await stored(client, young))["status"] == "generating"
