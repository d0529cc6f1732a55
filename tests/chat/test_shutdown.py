"""Answers that are under way when the service ends."""

import asyncio
from contextlib import AsyncExitStack

import httpx2
import pytest
from async_timeout import timeout

from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QUESTION, exchange
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import after, stream, text
from tests.support.server import connect, content_of, follow, parse_events, serve, serve_app


class TestShutdown:
    """The end of the service."""

    async def test_stream_in_flight_is_finished(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A stream in flight is finished, and new connections are refused meanwhile."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(AsyncExitStack())
            url = await server.enter_async_context(serve_app(create_app(make_chat_settings())))
            client = await stack.enter_async_context(connect(url))
            request = client.stream("POST", COMPLETION_STREAM, json=QUESTION)
            response = await stack.enter_async_context(request)
            closing = asyncio.create_task(server.aclose())
            await refused(url)
            released.set()
            events = parse_events(await response.aread())
            await closing
        assert (events[-1]["event"], content_of(events)) == ("done", "Hello")

    async def test_answer_in_flight_is_finished(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """An answer in JSON in flight is finished, and new connections are refused meanwhile."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        async with AsyncExitStack() as server:
            url = await server.enter_async_context(serve_app(create_app(make_chat_settings())))
            async with connect(url) as client:
                asking = asyncio.create_task(client.post(COMPLETION, json=QUESTION))
                await fake_openai.arrival()
                closing = asyncio.create_task(server.aclose())
                await refused(url)
                released.set()
                assert (await asking).json()["message"] == "Hello"
                await closing

    async def test_out_of_time_is_stored_as_partial(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """An answer that is not finished in the time that is left is stored as far as it came."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        settings = make_chat_settings()
        async with serve_app(create_app(settings), grace_sec=0) as url:
            client = connect(url)
            request = client.build_request("POST", COMPLETION_STREAM, json=QUESTION)
            events = follow(await client.send(request, stream=True))
            while (await anext(events))["event"] != "message":
                pass
        with pytest.raises(httpx2.RemoteProtocolError):
            await anext(events)
        await client.aclose()
        async with serve(settings) as client:
            _, answer = await exchange(client)
        assert (answer["message"], answer["status"]) == ("Hel", "partial")
        assert answer["finish_reason"] == "cancelled"


async def refused(url: str) -> None:
    """Returns once a new client is turned away."""
    async with connect(url) as other, timeout(5):
        while True:
            try:
                await other.get("/healthcheck")
            except httpx2.HTTPError:
                return
