"""Clients that go away, or that read slowly."""

import asyncio

import httpx2
import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QUESTION, Json, exchange
from tests.support.fake_openai import FakeOpenAI
from tests.support.generations import under_way
from tests.support.openai_replies import after, stream, text
from tests.support.server import follow, serve
from tests.support.waiting import Stopwatch, until


@pytest.fixture
def make_chat_settings(make_chat_settings: SettingsFactory) -> SettingsFactory:
    """A service with a single place, which does not wait for clients to come back."""
    patience = {"MAX_CONCURRENT_GENERATIONS": 1, "RESUME_GRACE_SEC": 0}
    return lambda **given: make_chat_settings(**patience | given)


async def leave(client: httpx2.AsyncClient, fake: FakeOpenAI, path: str) -> None:
    """Asks, and goes away once the upstream has been asked."""
    asking = asyncio.create_task(client.post(path, json=QUESTION))
    await fake.arrival()
    asking.cancel()
    await asyncio.wait([asking])


async def ended(client: httpx2.AsyncClient) -> Json:
    """The newest answer, as soon as it is no longer being generated."""

    async def is_over() -> bool:
        return bool((await exchange(client))[1]["status"] != "generating")

    await until(is_over)
    return (await exchange(client))[1]


async def assert_unharmed(client: httpx2.AsyncClient) -> None:
    """The one place is free, and the next question is answered."""
    response = await client.post(COMPLETION, json=QUESTION)
    assert response.json()["message"] == "Echo: Hello there"


class TestClientGone:
    """A client that does not wait for its answer."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_leaving_before_the_first_token_ends_the_call(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI, path: str
    ) -> None:
        """A client that leaves before the first token ends the upstream call within a second."""
        fake_openai.reply(after(asyncio.Event(), text("too late")))
        async with serve(make_chat_settings()) as client:
            await leave(client, fake_openai, path)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            answer = await ended(client)
            assert (answer["status"], answer["finish_reason"]) == ("failed", "cancelled")
            await assert_unharmed(client)

    async def test_leaving_before_any_text_fails_the_answer(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """An answer without any text is failed when the client leaves its stream."""
        fake_openai.reply(stream(asyncio.Event(), "too late"))
        async with serve(make_chat_settings()) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
                assert (await anext(follow(response)))["event"] == "start"
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            answer = await ended(client)
            assert (answer["status"], answer["finish_reason"]) == ("failed", "cancelled")
            await assert_unharmed(client)

    async def test_leaving_mid_stream_keeps_the_text(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """What there is of an answer is stored as partial when the client leaves its stream."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings()) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
                events = follow(response)
                while (await anext(events))["event"] != "message":
                    pass
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            answer = await ended(client)
            assert (answer["message"], answer["status"]) == ("Hel", "partial")
            assert answer["finish_reason"] == "cancelled"
            await assert_unharmed(client)

    async def test_leaving_mid_json_ends_the_call(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A client that leaves while the upstream's body is under way ends the upstream call."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings()) as client:
            await leave(client, fake_openai, COMPLETION)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            assert (await ended(client))["finish_reason"] == "cancelled"
            await assert_unharmed(client)

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_leaving_the_queue_leaves_nothing(
        self,
        make_chat_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
        capsys: pytest.CaptureFixture[str],
        path: str,
    ) -> None:
        """Nothing comes of a question whose client leaves before there is a place for it."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with serve(make_chat_settings(QUEUE_TIMEOUT_SEC=20)) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as first:
                waiting = asyncio.create_task(client.post(path, json={"message": "Bye"}))
                await until(lambda: under_way() == 2)
                waiting.cancel()
                await until(lambda: under_way() == 1)
                released.set()
                await first.aread()
            await until(lambda: under_way() == 0)
            question, _ = await exchange(client)
            assert question["message"] == QUESTION["message"]
            assert [request.question for request in fake_openai.requests] == [QUESTION["message"]]
            await assert_unharmed(client)
        assert "ERROR" not in capsys.readouterr().err


class TestSlowClient:
    """A client that does not read what it is sent."""

    async def test_slow_client_slows_nobody_down(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A client that does not read slows down neither the upstream nor the next client."""
        fake_openai.reply(stream(*["x" * 100_000] * 100))
        settings = make_chat_settings(MAX_CONCURRENT_GENERATIONS=2, MAX_ANSWER_CHARS=10_000_000)
        async with serve(settings) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as slow:
                with Stopwatch() as watch:
                    await assert_unharmed(client)
                assert watch.seconds < 2
                received = b"".join([data async for data in slow.aiter_bytes()])
            assert received.count(b"x" * 100_000) == 200
