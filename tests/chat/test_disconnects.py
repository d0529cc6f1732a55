"""Clients that go away, or that read slowly."""

import asyncio

import httpx2
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.chat.api import EventStream
from app.chat.events import Failed
from app.chat.generation import Generation
from app.core.exceptions import BragError
from tests.chat.asking import COMPLETION, COMPLETION_STREAM, QUESTION, Json, exchange
from tests.conftest import SettingsFactory
from tests.fakes import FakeOpenAI
from tests.replies import after, stream, text
from tests.server import follow, serve
from tests.waiting import Stopwatch, until


@pytest.fixture
def make_settings(make_settings: SettingsFactory) -> SettingsFactory:
    """A service with a single place."""
    return lambda **given: make_settings(**{"MAX_CONCURRENT_GENERATIONS": 1} | given)


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


def under_way() -> int:
    """How many questions have come to the service and are not answered yet."""
    return sum("coro=<Generations._run()" in repr(task) for task in asyncio.all_tasks())


async def assert_unharmed(client: httpx2.AsyncClient) -> None:
    """The one place is free, and the next question is answered."""
    response = await client.post(COMPLETION, json=QUESTION)
    assert response.json()["message"] == "Echo: Hello there"


class TestClientGone:
    """A client that does not wait for its answer."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_before_the_first_token(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI, path: str
    ) -> None:
        """The upstream call ends within a second, and the answer is stored as failed."""
        fake_openai.reply(after(asyncio.Event(), text("too late")))
        async with serve(make_settings()) as client:
            await leave(client, fake_openai, path)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            answer = await ended(client)
            assert (answer["status"], answer["finish_reason"]) == ("failed", "cancelled")
            await assert_unharmed(client)

    async def test_headers_only(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """So it is when the stream has begun, but not its text."""
        fake_openai.reply(stream(asyncio.Event(), "too late"))
        async with serve(make_settings()) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
                assert (await anext(follow(response)))["event"] == "start"
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            answer = await ended(client)
            assert (answer["status"], answer["finish_reason"]) == ("failed", "cancelled")
            await assert_unharmed(client)

    async def test_mid_stream(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """What there was of the answer is stored as partial."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_settings()) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
                events = follow(response)
                while (await anext(events))["event"] != "message":
                    pass
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            answer = await ended(client)
            assert (answer["message"], answer["status"]) == ("Hel", "partial")
            assert answer["finish_reason"] == "cancelled"
            await assert_unharmed(client)

    async def test_mid_answer(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A client that waits for JSON may leave while the upstream's body is under way."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_settings()) as client:
            await leave(client, fake_openai, COMPLETION)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            assert (await ended(client))["finish_reason"] == "cancelled"
            await assert_unharmed(client)

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_in_the_queue(
        self,
        make_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
        capsys: pytest.CaptureFixture[str],
        path: str,
    ) -> None:
        """A client that leaves before there is a place for it takes none: nothing comes of it."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with serve(make_settings(QUEUE_TIMEOUT_SEC=20)) as client:
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
            assert [each.question for each in fake_openai.requests] == [QUESTION["message"]]
            await assert_unharmed(client)
        assert "ERROR" not in capsys.readouterr().err


class TestEventStream:
    """A client that leaves in the moment in which its stream begins."""

    async def test_before_the_first_event(self) -> None:
        """The generation is cancelled, although no event was ever asked for."""
        generation = Generation("m", 60)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            """Nobody is there."""

        stream = EventStream(generation, ping_sec=60)
        streaming = asyncio.create_task(stream({"type": "http"}, receive, send))
        await until(lambda: generation.cancelled)
        generation.publish(Failed(BragError()))  # as its task does, once it has stored the end
        await asyncio.wait_for(streaming, 1)

    async def test_as_asgi_2_4_has_it(self) -> None:
        """A server may say by an OSError that the client has left: that is nobody's fault."""
        generation = Generation("m", 60)

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        async def send(message: Message) -> None:
            raise ConnectionResetError

        stream = EventStream(generation, ping_sec=60)
        with pytest.raises(ClientDisconnect):
            await stream({"type": "http"}, receive, send)
        assert generation.cancelled


class TestSlowClient:
    """A client that does not read what it is sent."""

    async def test_others(self, make_settings: SettingsFactory, fake_openai: FakeOpenAI) -> None:
        """It slows nobody down: neither the upstream nor the next client."""
        fake_openai.reply(stream(*["x" * 100_000] * 100))
        async with serve(make_settings(MAX_CONCURRENT_GENERATIONS=2)) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as slow:
                with Stopwatch() as watch:
                    await assert_unharmed(client)
                assert watch.seconds < 2
                received = b"".join([data async for data in slow.aiter_bytes()])
            assert received.count(b"x" * 100_000) == 200
