"""Postgres down at the start, during a request, or between question and answer."""

import asyncio

import pytest

from app.chat import messages
from tests.conftest import SettingsFactory
from tests.support.asking import ALL, COMPLETION, COMPLETION_STREAM, QUESTION, exchange, fail
from tests.support.chat_knowledge import DUCK_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import CUT, after, error, stream, text
from tests.support.outages import assert_stored, assert_unavailable, assert_works
from tests.support.postgres_proxy import PostgresProxy
from tests.support.server import follow, problem_of, serve


@pytest.fixture(autouse=True)
def stored_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be stored is tried again without the usual pause."""
    monkeypatch.setattr(messages, "STORE_AGAIN_SEC", 0.02)


class TestDownAtStart:
    """Postgres is not there when the service starts."""

    async def test_service_starts_and_recovers(
        self, behind_network: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """The service starts, says 503 to each question, and works once Postgres is there."""
        await network.refuse()
        async with serve(behind_network()) as client:
            for path in ALL[:2]:
                assert_unavailable(await fail(client, path))
            assert (await client.get("/healthcheck")).status_code == 200
            assert fake_openai.requests == []
            await network.resume()
            await assert_works(client)


class TestDownDuringARequest:
    """Postgres goes away while the service runs."""

    @pytest.mark.parametrize("path", ALL)
    async def test_question_is_refused(
        self,
        behind_network: SettingsFactory,
        network: PostgresProxy,
        fake_openai: FakeOpenAI,
        path: str,
    ) -> None:
        """A question that cannot be stored is a 503 before any stream, and no model is asked."""
        async with serve(behind_network()) as client:
            await assert_works(client)
            before = await exchange(client)
            count = len(fake_openai.requests)
            await network.refuse()
            fault = await fail(client, path, DUCK_QUESTION)
            assert_unavailable(fault)
            assert not fault.in_stream
            assert len(fake_openai.requests) == count
            await network.resume()
            assert await exchange(client) == before
            await assert_works(client)

    @pytest.mark.parametrize("path", ["/v1/messages", f"/v1/messages/{'0' * 32}"])
    async def test_reading_is_refused(
        self, behind_network: SettingsFactory, network: PostgresProxy, path: str
    ) -> None:
        """Messages that cannot be read are a 503."""
        async with serve(behind_network()) as client:
            await network.refuse()
            response = await client.get(path)
            assert problem_of(response)["code"] == "database_unavailable"
            assert response.headers["retry-after"] == "1"
            await network.resume()
            assert (await client.get("/v1/messages")).status_code == 200

    async def test_restart_goes_unnoticed(
        self, behind_network: SettingsFactory, network: PostgresProxy
    ) -> None:
        """After a restart of Postgres the very next request works."""
        async with serve(behind_network()) as client:
            await asyncio.gather(*(client.get("/v1/messages") for _ in range(16)))
            network.cut()
            await assert_works(client)

    async def test_restart_while_answering_goes_unnoticed(
        self, behind_network: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """A restart between question and answer goes unnoticed."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        async with serve(behind_network()) as client:
            asking = asyncio.create_task(client.post(COMPLETION, json=QUESTION))
            await fake_openai.arrival()
            network.cut()
            released.set()
            message = (await asking).json()
            assert (message["message"], message["status"]) == ("Hello", "complete")


class TestDownBeforeTheAnswer:
    """Postgres goes away between the question and the answer."""

    async def test_answer_that_cannot_be_stored_is_not_given(
        self, behind_network: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """An answer that cannot be stored is not given; its text is kept, and stored as partial."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        async with serve(behind_network()) as client:
            asking = asyncio.create_task(fail(client, COMPLETION))
            await fake_openai.arrival()
            await network.refuse()
            released.set()
            assert_unavailable(await asking)
            await network.resume()
            question, answer = await exchange(client)
            assert question["message"] == QUESTION["message"]
            await assert_stored(client, answer["uuid"], "Hello", "partial")
            await assert_works(client)

    async def test_stream_that_cannot_be_stored_ends_with_an_error(
        self, behind_network: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """A stream that cannot be stored ends with `error`, and its text is kept as partial."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with serve(behind_network()) as client:
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


class TestDownAfterAnError:
    """Postgres goes away, and then an error breaks the answer off."""

    async def test_answer_tells_the_first_error(
        self, behind_network: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """The client is told the error that ended the answer, and the answer is failed later."""
        released = asyncio.Event()
        fake_openai.reply(after(released, error(400)))
        async with serve(behind_network()) as client:
            asking = asyncio.create_task(fail(client, COMPLETION))
            await fake_openai.arrival()
            await network.refuse()
            released.set()
            fault = await asking
            assert (fault.status, fault.code) == (500, "openai_error")
            await network.resume()
            _, answer = await exchange(client)
            await assert_stored(client, answer["uuid"], "", "failed")
            await assert_works(client)

    async def test_stream_tells_the_first_error(
        self, behind_network: SettingsFactory, network: PostgresProxy, fake_openai: FakeOpenAI
    ) -> None:
        """The `error` event tells what ended the answer, whose text is stored as partial later."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, CUT))
        async with serve(behind_network()) as client:
            request = client.stream("POST", COMPLETION_STREAM, json=QUESTION)
            async with request as response:
                events = follow(response)
                while (await anext(events))["event"] != "message":
                    pass
                await network.refuse()
                released.set()
                rest = [event async for event in events]
            assert (rest[-1]["event"], rest[-1]["data"]["code"]) == ("error", "openai_error")
            await network.resume()
            await assert_stored(client, response.headers["x-message-uuid"], "Hel", "partial")
            await assert_works(client)
