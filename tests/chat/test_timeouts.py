"""The bound on a whole generation, and upstreams that cannot be reached."""

import asyncio

import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, SECRET, exchange, fail
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.openai_replies import after, error, stream, text
from tests.support.server import serve

BOTH = pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])


@pytest.fixture
def make_chat_settings(make_chat_settings: SettingsFactory) -> SettingsFactory:
    """A service with little patience and a single place."""
    defaults = {
        "GENERATION_TIMEOUT_SEC": 0.5,
        "MAX_CONCURRENT_GENERATIONS": 1,
        "OPENAI_API_KEY": SECRET,
    }
    return lambda **given: make_chat_settings(**defaults | given)


class TestTimeout:
    """An upstream that takes longer than GENERATION_TIMEOUT_SEC."""

    @BOTH
    async def test_no_answer_is_a_504(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI, path: str
    ) -> None:
        """An upstream that does not answer is a 504, and the call to it is broken off."""
        fake_openai.reply(after(asyncio.Event(), text("too late")))
        async with serve(make_chat_settings()) as client:
            fault = await fail(client, path)
            assert (fault.status, fault.code) == (504, "stream_timeout")
            assert (fault.detail, fault.in_stream) == ("Stream timed out", False)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            question, answer = await exchange(client)
            assert (question["status"], answer["status"]) == ("complete", "failed")
            response = await client.post(COMPLETION, json={"message": "Hello"})
            assert response.status_code == 200

    @BOTH
    async def test_retries_take_time_from_the_answer(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI, path: str
    ) -> None:
        """GENERATION_TIMEOUT_SEC includes the time spent on retries."""
        fake_openai.reply(error(500, retry_after=0.3), times=3)
        async with serve(make_chat_settings()) as client:
            assert (await fail(client, path)).code == "stream_timeout"

    async def test_stream_that_stands_still_ends(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A stream that stands still ends with an `error` event, and its text so far is stored."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings()) as client:
            fault = await fail(client, COMPLETION_STREAM)
            assert (fault.status, fault.code) == (504, "stream_timeout")
            assert fault.in_stream
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            _, answer = await exchange(client)
            assert (answer["message"], answer["status"]) == ("Hel", "partial")
            response = await client.post(COMPLETION, json={"message": "Hello"})
            assert response.status_code == 200

    async def test_endless_body_is_a_504(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """An upstream that begins its JSON and never ends it is a 504."""
        fake_openai.reply(stream("Hel", asyncio.Event()))
        async with serve(make_chat_settings()) as client:
            fault = await fail(client, COMPLETION)
            assert (fault.code, fault.in_stream) == ("stream_timeout", False)


class TestRefused:
    """Nobody listens at OPENAI_BASE_URL."""

    @BOTH
    async def test_unreachable_upstream_is_a_problem(
        self, make_chat_settings: SettingsFactory, path: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An upstream that cannot be reached is an ordinary problem; the log has the reason."""
        settings = make_chat_settings(OPENAI_BASE_URL=refusing_url(), GENERATION_TIMEOUT_SEC=30)
        async with serve(settings) as client:
            fault = await fail(client, path)
            assert (fault.status, fault.code) == (500, "openai_error")
            assert not fault.in_stream
            assert "Connect call failed" in capsys.readouterr().err
            question, answer = await exchange(client)
            assert (question["status"], answer["status"]) == ("complete", "failed")
