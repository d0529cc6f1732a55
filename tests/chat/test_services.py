"""Answers that fail, beneath the endpoints that read them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.chat import chunks
from app.chat.generation import Generation
from app.chat.models import BaseMessage
from app.chat.services import AnswerService
from app.chat.streaming import stream_events
from app.core.caller import NOBODY
from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, exchange, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import error
from tests.support.server import serve
from tests.support.shared import shared_embedder, shared_parser
from tests.support.waiting import until


async def read(generation: Generation) -> None:
    """Reads the stream of an answer to its end."""
    async for _ in stream_events(generation, 60):
        pass


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The errors in the log."""
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


class TestFailure:
    """An answer that fails."""

    @pytest.fixture
    async def answers(self, make_chat_settings: SettingsFactory) -> AsyncIterator[AnswerService]:
        """What answers questions, without the endpoints that read the answers."""
        settings = make_chat_settings()
        app = create_app(settings, embedder=shared_embedder(), parser=shared_parser())
        async with app.router.lifespan_context(app) as state:
            assert state is not None
            yield state["answers"]

    @pytest.mark.parametrize("readers", [0, 1, 2])
    async def test_failure_is_logged_once(
        self,
        answers: AnswerService,
        fake_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
        readers: int,
    ) -> None:
        """A failed answer is one error in the log, however many read of it, if anybody does."""
        fake_openai.reply(error(400))
        generation = answers.start(NOBODY, BaseMessage(message="Hello"), stream=True)
        await asyncio.gather(*(read(generation) for _ in range(readers)))
        await until(lambda: generation.has_ended)
        assert errors_in(caplog) == ["openai_error: OpenAI call failed"]


class TestOurFault:
    """Something goes wrong that nobody foresaw: here, the parser of JSON is gone."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_fault_of_ours_is_stored(
        self, make_chat_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        """The client is told that it was us, and the answer is not left behind as under way."""
        monkeypatch.setattr(chunks, "orjson", None)
        async with serve(make_chat_settings()) as client:
            fault = await fail(client, path)
            assert (fault.status, fault.code) == (500, "internal_server_error")
            _, answer = await exchange(client)
            assert (answer["status"], answer["message"]) == ("failed", "")
