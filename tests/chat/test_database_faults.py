"""Postgres down at the start, during a request, between question and answer, or silent."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from app.chat import generations
from tests.chat.asking import (
    ALL,
    COMPLETION,
    COMPLETION_STREAM,
    Fault,
    exchange,
    fail,
    problem_of,
    stored,
)
from tests.conftest import SettingsFactory
from tests.fakes import FakeOpenAI
from tests.postgres_proxy import PostgresProxy
from tests.replies import after, stream, text
from tests.server import follow, serve
from tests.waiting import Stopwatch, until

QUESTION: dict[str, Any] = {"message": "Hello there"}
PATIENCE = 0.5


@pytest.fixture
async def network(database_url: str) -> AsyncIterator[PostgresProxy]:
    """The network between the application and Postgres."""
    async with PostgresProxy(database_url) as proxy:
        yield proxy


@pytest.fixture
def make_settings(make_settings: SettingsFactory, network: PostgresProxy) -> SettingsFactory:
    """A service with a single place behind that network."""
    defaults = {
        "DATABASE_URL": network.url,
        "DATABASE_TIMEOUT_SEC": PATIENCE,
        "MAX_CONCURRENT_GENERATIONS": 1,
    }
    return lambda **given: make_settings(**defaults | given)


@pytest.fixture(autouse=True)
def stored_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be stored is tried again without the usual pause."""
    monkeypatch.setattr(generations, "STORE_AGAIN_SEC", 0.02)


def assert_unavailable(fault: Fault) -> None:
    """The client is told that the database does not answer, and to come back."""
    assert (fault.status, fault.code) == (503, "database_unavailable")
    assert fault.detail == "The database does not answer. Please try again."
    assert fault.retry_after == (None if fault.in_stream else "1")


async def assert_works(client: httpx2.AsyncClient) -> None:
    """The next question is answered, and stored."""
    response = await client.post(COMPLETION, json=QUESTION)
    assert response.status_code == 200, response.text
    assert await stored(client, response.json()["uuid"]) == response.json()


async def assert_stored(client: httpx2.AsyncClient, uuid: str, message: str, status: str) -> None:
    """The answer is stored like this, sooner or later."""

    async def is_stored() -> bool:
        answer = await stored(client, uuid)
        return (answer["message"], answer["status"]) == (message, status)

    await until(is_stored)


class TestDownAtStart:
    """Postgres is not there when the service starts."""

    async def test_recovery(
        self, make_settings: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """The service starts, says 503 to each question, and works once Postgres is there."""
        await network.refuse()
        async with serve(make_settings()) as client:
            for path in ALL[:2]:
                assert_unavailable(await fail(client, path))
            assert (await client.get("/healthcheck")).status_code == 200
            assert fake_openai.requests == []
            await network.resume()
            await assert_works(client)


class TestDownDuringARequest:
    """Postgres goes away while the service runs."""

    @pytest.mark.parametrize("path", ALL)
    async def test_question(
        self,
        make_settings: SettingsFactory,
        network: PostgresProxy,
        fake_openai: FakeOpenAI,
        path: str,
    ) -> None:
        """A question that cannot be stored is a 503 before any stream, and no model is asked."""
        async with serve(make_settings()) as client:
            await assert_works(client)
            before = await exchange(client)
            count = len(fake_openai.requests)
            await network.refuse()
            fault = await fail(client, path, "What do mallard ducks eat?")
            assert_unavailable(fault)
            assert not fault.in_stream
            assert len(fake_openai.requests) == count
            await network.resume()
            assert await exchange(client) == before
            await assert_works(client)

    @pytest.mark.parametrize("path", ["/v1/messages", f"/v1/messages/{'0' * 32}"])
    async def test_reading(
        self, make_settings: SettingsFactory, network: PostgresProxy, path: str
    ) -> None:
        """Messages that cannot be read are a 503."""
        async with serve(make_settings()) as client:
            await network.refuse()
            response = await client.get(path)
            assert problem_of(response)["code"] == "database_unavailable"
            assert response.headers["retry-after"] == "1"
            await network.resume()
            assert (await client.get("/v1/messages")).status_code == 200

    async def test_restart(self, make_settings: SettingsFactory, network: PostgresProxy) -> None:
        """After a restart of Postgres the very next request works."""
        async with serve(make_settings()) as client:
            await asyncio.gather(*(client.get("/v1/messages") for _ in range(16)))
            network.cut()
            await until(lambda: network.connections == 0)
            await assert_works(client)

    async def test_restart_while_answering(
        self, make_settings: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """A restart between question and answer goes unnoticed."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        async with serve(make_settings()) as client:
            asking = asyncio.create_task(client.post(COMPLETION, json=QUESTION))
            await fake_openai.arrival()
            network.cut()
            released.set()
            message = (await asking).json()
            assert (message["message"], message["status"]) == ("Hello", "complete")


class TestDownBeforeTheAnswer:
    """Postgres goes away between the question and the answer."""

    async def test_json(
        self, make_settings: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """An answer that is not stored is not given; it is kept as partial until it can be."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        async with serve(make_settings()) as client:
            asking = asyncio.create_task(fail(client, COMPLETION))
            await fake_openai.arrival()
            await network.refuse()
            released.set()
            assert_unavailable(await asking)
            await network.resume()
            question, answer = await exchange(client)
            assert question["message"] == "Hello there"
            await assert_stored(client, answer["uuid"], "Hello", "partial")
            await assert_works(client)

    async def test_stream(
        self, make_settings: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """A stream ends with `error` in place of `done`, and its text is kept the same way."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with serve(make_settings()) as client:
            request = client.stream("POST", COMPLETION_STREAM, json=QUESTION)
            async with request as response:
                events = follow(response)
                while (await anext(events))["event"] != "message":
                    pass
                await network.refuse()
                released.set()
                rest = [event async for event in events]
            assert (rest[-1]["event"], rest[-1]["data"]["code"]) == (
                "error",
                "database_unavailable",
            )
            await network.resume()
            await assert_stored(client, response.headers["x-message-uuid"], "Hello", "partial")
            await assert_works(client)


class TestHanging:
    """Postgres takes what is sent and does not answer."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_in_time(
        self, make_settings: SettingsFactory, network: PostgresProxy, path: str
    ) -> None:
        """A client waits no longer than DATABASE_TIMEOUT_SEC, and the service recovers at once."""
        async with serve(make_settings()) as client:
            await assert_works(client)
            network.hang()
            with Stopwatch() as watch:
                assert_unavailable(await fail(client, path))
            assert PATIENCE * 0.9 < watch.seconds < PATIENCE + 0.5
            network.pass_on()
            await assert_works(client)

    async def test_everybody_in_time(
        self, make_settings: SettingsFactory, network: PostgresProxy
    ) -> None:
        """Nor does one who has to wait for the commit of another."""
        async with serve(make_settings(MAX_CONCURRENT_GENERATIONS=2)) as client:
            await assert_works(client)
            network.hang()
            first = asyncio.create_task(fail(client, COMPLETION))
            await network.held.wait()
            with Stopwatch() as watch:
                assert_unavailable(await fail(client, COMPLETION))
            assert watch.seconds < PATIENCE * 1.9
            assert_unavailable(await first)
            network.pass_on()
            await assert_works(client)

    async def test_threads(self, make_settings: SettingsFactory, network: PostgresProxy) -> None:
        """However many requests wait, their threads and connections are free again afterwards."""
        async with serve(make_settings()) as client:
            await asyncio.gather(*(client.get("/v1/messages") for _ in range(16)))
            network.hang()
            waiting = [client.get("/v1/messages") for _ in range(24)]
            codes = {problem_of(each)["code"] for each in await asyncio.gather(*waiting)}
            assert codes == {"database_unavailable"}
            network.pass_on()
            with Stopwatch() as watch:
                await assert_works(client)
            assert watch.seconds < PATIENCE
