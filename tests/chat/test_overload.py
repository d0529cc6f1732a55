"""How many answers at once, and the silences of a stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from async_timeout import timeout

from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.asking import ALL, COMPLETION, COMPLETION_STREAM, QUESTION, exchange, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.generations import under_way
from tests.support.openai_replies import after, error, stream, text
from tests.support.server import connect, content_of, follow, parse_events, serve, serve_app
from tests.support.waiting import until

MANY = 120  # more than an HTTP client's pool usually holds


@asynccontextmanager
async def one_under_way(
    client: httpx2.AsyncClient, fake: FakeOpenAI
) -> AsyncIterator[asyncio.Event]:
    """Takes one place until the block ends or the event is set."""
    released = asyncio.Event()
    fake.reply(stream("Hel", released, "lo"))
    async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
        yield released
        released.set()
        assert parse_events(await response.aread())[-1]["event"] == "done"


class TestOverload:
    """More questions than MAX_CONCURRENT_GENERATIONS."""

    @pytest.mark.parametrize("path", ALL)
    async def test_no_place_is_a_503(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI, path: str
    ) -> None:
        """A question without a place is told at once to come back, and nothing of it is stored."""
        settings = make_chat_settings(MAX_CONCURRENT_GENERATIONS=1, QUEUE_TIMEOUT_SEC=0.05)
        async with serve(settings) as client, one_under_way(client, fake_openai):
            before = await exchange(client)
            fault = await fail(client, path)
            assert (fault.status, fault.code, fault.retry_after) == (503, "overloaded", "1")
            assert not fault.in_stream
            assert await exchange(client) == before

    async def test_place_is_free_again(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A place is there for the next question as soon as an answer is done."""
        settings = make_chat_settings(MAX_CONCURRENT_GENERATIONS=1, QUEUE_TIMEOUT_SEC=0.05)
        async with serve(settings) as client:
            async with one_under_way(client, fake_openai):
                await fail(client, COMPLETION)
            assert (await client.post(COMPLETION, json=QUESTION)).status_code == 200

    async def test_question_waits_for_a_place(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A question that waits for a place is answered once a place is free."""
        settings = make_chat_settings(MAX_CONCURRENT_GENERATIONS=1, QUEUE_TIMEOUT_SEC=10)
        async with (
            serve(settings) as client,
            one_under_way(client, fake_openai) as released,
        ):
            waiting = asyncio.create_task(client.post(COMPLETION, json=QUESTION))
            await until(lambda: under_way() == 2)
            released.set()
            assert (await waiting).status_code == 200

    async def test_reading_needs_no_place(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """Messages can be read while every place is taken."""
        settings = make_chat_settings(MAX_CONCURRENT_GENERATIONS=1)
        async with serve(settings) as client, one_under_way(client, fake_openai):
            assert (await client.get("/v1/messages")).status_code == 200

    async def test_many_are_asked_at_once(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """Every question that has a place is put to the model at once, however many there are."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")), times=MANY)
        async with serve_app(create_app(make_chat_settings())) as url:
            clients = [connect(url) for _ in range(MANY)]  # one alone holds back its 101st
            asked = asyncio.gather(*(client.post(COMPLETION, json=QUESTION) for client in clients))
            async with timeout(10):
                for _ in range(MANY):
                    await fake_openai.arrival()
            released.set()
            assert {response.status_code for response in await asked} == {200}
            await asyncio.gather(*(client.aclose() for client in clients))


class TestSilence:
    """What a client hears while the model says nothing."""

    async def test_silence_is_pinged(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A comment is sent every SSE_PING_SEC, which changes nothing in the events."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        received = b""
        async with (
            serve(make_chat_settings(SSE_PING_SEC=0.05)) as client,
            client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response,
        ):
            async for data in response.aiter_bytes():
                received += data
                if received.count(b": ping\n\n") == 2:
                    released.set()
        events = parse_events(received)
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert content_of(events) == events[-1]["data"]["message"] == "Hello"

    async def test_stream_begins_without_acceptance(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A stream begins after STREAM_START_SEC, accepted by the upstream or not."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        async with (
            serve(make_chat_settings(STREAM_START_SEC=0.05)) as client,
            client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response,
        ):
            events = follow(response)
            assert (await anext(events))["event"] == "start"
            released.set()
            rest = [event async for event in events]
        assert rest[-1]["data"]["message"] == "Hello"

    async def test_late_refusal_is_an_event(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A refusal after STREAM_START_SEC is an `error` event with the request's id."""
        released = asyncio.Event()
        fake_openai.reply(after(released, error(401)))
        async with serve(make_chat_settings(STREAM_START_SEC=0.05)) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
                released.set()
                start, failed = [event async for event in follow(response)]
            assert start["event"] == "start"
            assert failed == {
                "id": 2,
                "event": "error",
                "data": {
                    "code": "openai_error",
                    "detail": "OpenAI call failed",
                    "status": 500,
                    "request_id": response.headers["x-request-id"],
                },
            }
            assert (await exchange(client))[1]["status"] == "failed"
