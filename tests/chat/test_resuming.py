"""Streams that are taken up again: after a lost connection, and after the end."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QA_STREAM, QUESTION
from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import CUT, after, stream, text
from tests.support.resumed_streams import PARTS, ask_and_leave, newest, resumed
from tests.support.server import follow, parse_events, problem_of, serve


class TestSameProcess:
    """A client that lost its connection and comes back to the process that generates."""

    async def test_rest_follows_without_a_gap(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """What was read before and after makes up a stream with every event once."""
        released = asyncio.Event()
        fake_openai.reply(stream(*PARTS[:2], released, *PARTS[2:]))
        async with serve(make_chat_settings()) as client:
            uuid, read = await ask_and_leave(client, COMPLETION_STREAM, events=3)
            released.set()
            rest = await resumed(client, uuid, after=read.count(b"\n\n"))
            events = parse_events(read + rest)
            assert [event["id"] for event in events] == list(range(1, len(events) + 1))
            done = events[-1]
            assert (done["event"], done["data"]["message"]) == ("done", "".join(PARTS))
            assert done["data"]["status"] == "complete"
            assert await resumed(client, uuid, after=0) == read + rest

    async def test_nothing_left_is_204(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """Of a finished stream that was read to its end nothing is left: EventSource stops."""
        fake_openai.reply(stream(*PARTS))
        async with serve(make_chat_settings()) as client:
            response = await client.post(COMPLETION_STREAM, json=QUESTION)
            uuid, last = response.headers["x-message-uuid"], response.content.count(b"\n\n")
            path = f"/v1/messages/{uuid}/stream"
            again = await client.get(path, params={"last_event_id": last})
            assert (again.status_code, again.content) == (204, b"")
            again = await client.get(path, params={"last_event_id": last - 1})
            assert [event["event"] for event in parse_events(again.content)] == ["done"]

    async def test_header_comes_before_the_address(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A browser comes back to the address of its first connection, with a newer header."""
        fake_openai.reply(stream(*PARTS))
        async with serve(make_chat_settings()) as client:
            response = await client.post(COMPLETION_STREAM, json=QUESTION)
            uuid = response.headers["x-message-uuid"]
            rest = await client.get(
                f"/v1/messages/{uuid}/stream",
                params={"last_event_id": 1},
                headers={"Last-Event-ID": "4"},
            )
            assert parse_events(rest.content)[0]["id"] == 5

    async def test_who_comes_too_late_finds_it_cancelled(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A generation that nobody follows is cancelled upstream after RESUME_GRACE_SEC."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings(RESUME_GRACE_SEC=0.3)) as client:
            uuid, _ = await ask_and_leave(client, COMPLETION_STREAM, events=2)
            assert not fake_openai.requests[0].disconnected.is_set()
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 2)
            done = parse_events(await resumed(client, uuid, after=2))[-1]
            assert done["event"] == "done"
            assert (done["data"]["status"], done["data"]["message"]) == ("partial", "Hel")
            assert done["data"]["finish_reason"] == "cancelled"

    async def test_follower_keeps_it_alive(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A generation that is followed again goes on, however long after the first has left."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with serve(make_chat_settings(RESUME_GRACE_SEC=0.2)) as client:
            uuid, _ = await ask_and_leave(client, COMPLETION_STREAM, events=2)
            rest = asyncio.create_task(resumed(client, uuid, after=2))
            asyncio.get_running_loop().call_later(0.5, released.set)
            assert parse_events(await rest)[-1]["data"]["status"] == "complete"

    async def test_error_is_replayed(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A stream that ended with an error ends with the same one when it is sent again."""
        fake_openai.reply(stream("Hel", CUT))
        async with serve(make_chat_settings()) as client:
            response = await client.post(COMPLETION_STREAM, json=QUESTION)
            assert parse_events(response.content)[-1]["event"] == "error"
            uuid = response.headers["x-message-uuid"]
            assert await resumed(client, uuid, after=0) == response.content

    @pytest.mark.parametrize("name", ["id", "model", "finish_reason"])
    @pytest.mark.parametrize("odd", [r"\u0000", r"\ud800"])
    async def test_odd_names_of_an_upstream_are_stored(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI, name: str, odd: str
    ) -> None:
        """What JSON or Postgres cannot hold in a name neither breaks a stream nor its journal."""
        chunk = '{"id": "id", "model": "model", "choices": [{"delta": {"content": "Hi"}, '
        chunk += '"finish_reason": "finish_reason"}]}'
        data = chunk.replace(f': "{name}"', f': "{odd}"')
        fake_openai.reply(stream(f"data: {data}\n\n".encode(), finish_reason=None))
        async with serve(make_chat_settings()) as client:
            response = await client.post(COMPLETION_STREAM, json=QUESTION)
            assert parse_events(response.content)[-1]["data"]["status"] == "complete"
            uuid = response.headers["x-message-uuid"]
            assert await resumed(client, uuid, after=0) == response.content

    async def test_sources_are_replayed(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """The stream of an answer with retrieval has the same sources again, to the byte."""
        fake_openai.reply(stream(*PARTS))
        async with serve(make_chat_settings()) as client:
            response = await client.post(QA_STREAM, json={"message": PORT_QUESTION})
            uuid = response.headers["x-message-uuid"]
            assert parse_events(response.content)[1]["event"] == "sources"
            assert await resumed(client, uuid, after=0) == response.content


class TestRefusals:
    """Streams that there are none of."""

    @pytest.fixture
    async def client(
        self, make_chat_settings: SettingsFactory
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of a service."""
        async with serve(make_chat_settings()) as client:
            yield client

    async def test_json_answer_has_no_stream(self, client: httpx2.AsyncClient) -> None:
        """An answer that was not streamed has no stream to be sent again."""
        answer = (await client.post(COMPLETION, json=QUESTION)).json()
        response = await client.get(f"/v1/messages/{answer['uuid']}/stream")
        assert problem_of(response)["code"] == "not_found"

    async def test_json_answer_under_way_has_none_either(
        self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """Whoever follows a JSON answer and leaves would take it from the client that waits."""
        released = asyncio.Event()
        fake_openai.reply(after(released, text("Hello")))
        asking = asyncio.create_task(client.post(COMPLETION, json=QUESTION))
        uuid = await newest(client)
        async with client.stream("GET", f"/v1/messages/{uuid}/stream") as response:
            assert response.status_code == 404
        released.set()
        assert (await asking).json()["status"] == "complete"

    async def test_empty_number_is_none(self, client: httpx2.AsyncClient) -> None:
        """Who has seen nothing may say so: they get all of it."""
        asked = await client.post(COMPLETION_STREAM, json=QUESTION)
        path = f"/v1/messages/{asked.headers['x-message-uuid']}/stream"
        by_address = await client.get(path, params={"last_event_id": ""})
        by_header = await client.get(path, headers={"Last-Event-ID": ""})
        assert by_address.content == by_header.content == asked.content

    @pytest.mark.parametrize("last", ["-1", "x", "1.5", "9999999999"])
    async def test_odd_number_is_refused(self, client: httpx2.AsyncClient, last: str) -> None:
        """What is no number of an event is refused."""
        response = await client.get(
            "/v1/messages/00000000-0000-0000-0000-000000000000/stream",
            headers={"Last-Event-ID": last},
        )
        assert problem_of(response)["status"] == 422

    async def test_finished_message_is_not_cancelled(self, client: httpx2.AsyncClient) -> None:
        """To cancel what has ended is a conflict, and what there never was is not found."""
        answer = (await client.post(COMPLETION, json=QUESTION)).json()
        response = await client.post(f"/v1/messages/{answer['uuid']}/cancel")
        assert problem_of(response)["code"] == "conflict"
        response = await client.post("/v1/messages/00000000-0000-0000-0000-000000000000/cancel")
        assert problem_of(response)["code"] == "not_found"


class TestCancel:
    """A generation that its client stops."""

    async def test_what_there_is_stays(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """The answer to the cancellation, and the end of the stream, hold what there is: once."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings()) as client:
            async with client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response:
                uuid = response.headers["x-message-uuid"]
                events = follow(response)
                while (await anext(events))["event"] != "message":
                    pass
                cancelled = (await client.post(f"/v1/messages/{uuid}/cancel")).json()
                assert (cancelled["message"], cancelled["status"]) == ("Hel", "partial")
                done = await anext(events)
                assert (done["event"], done["data"]) == ("done", cancelled)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 1)
            again = await client.post(f"/v1/messages/{uuid}/cancel")
            assert problem_of(again)["code"] == "conflict"
