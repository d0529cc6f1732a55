"""Streams that are taken up again at another process, or after their process has died."""

import asyncio
from pathlib import Path

import pytest

from app.chat.generation import Generation
from app.chat.resuming import ResumableStreams
from app.core.caller import Caller
from app.db import Row
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION_STREAM, QUESTION
from tests.support.chatting import CHATS, new_chat
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import stream
from tests.support.psql import run_sql
from tests.support.resumed_streams import PARTS, ask_and_leave, newest, resumed
from tests.support.server import parse_events, serve
from tests.support.waiting import until


@pytest.fixture
def make_other_settings(make_chat_settings: SettingsFactory, tmp_path: Path) -> SettingsFactory:
    """Settings of a second process on the same database."""
    return lambda **given: make_chat_settings(**{"DATA_DIR": tmp_path} | given)


class TestOtherProcess:
    """A client that comes back to another process."""

    async def test_stream_is_followed_to_its_end(
        self,
        make_chat_settings: SettingsFactory,
        make_other_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
    ) -> None:
        """Another process sends the same bytes, what is there and what is still to come."""
        released = asyncio.Event()
        fake_openai.reply(stream(*PARTS[:2], released, *PARTS[2:]))
        async with serve(make_chat_settings()) as client, serve(make_other_settings()) as other:
            asking = asyncio.create_task(client.post(COMPLETION_STREAM, json=QUESTION))
            uuid = await newest(client)
            async with other.stream("GET", f"/v1/messages/{uuid}/stream") as response:
                read = b""
                async for data in response.aiter_bytes():
                    read += data
                    if PARTS[1].encode() in read:  # the beginning: the rest is still to come
                        released.set()
            assert read == (await asking).content

    async def test_followers_share_what_they_ask_of_postgres(
        self,
        make_chat_settings: SettingsFactory,
        make_other_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """All readers of an answer in another process have one look into the journal."""
        looks: list[int] = []
        rows = ResumableStreams._rows  # noqa: SLF001

        async def look(streams: ResumableStreams, caller: Caller, of: Generation) -> list[Row]:
            looks.append(id(of))
            return await rows(streams, caller, of)

        monkeypatch.setattr(ResumableStreams, "_rows", look)
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with serve(make_chat_settings()) as client, serve(make_other_settings()) as other:
            asking = asyncio.create_task(client.post(COMPLETION_STREAM, json=QUESTION))
            uuid = await newest(client)
            following = [asyncio.create_task(resumed(other, uuid, after=0)) for _ in range(20)]
            await until(lambda: len(looks) > 2)
            released.set()
            first = (await asking).content
            assert {await reader for reader in following} == {first}
            assert len(set(looks)) == 1

    async def test_follower_there_keeps_it_alive(
        self,
        make_chat_settings: SettingsFactory,
        make_other_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
    ) -> None:
        """A generation that is followed by another process alone is not cancelled."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        settings = make_chat_settings(RESUME_GRACE_SEC=1.5)
        async with serve(settings) as client, serve(make_other_settings()) as other:
            uuid, _ = await ask_and_leave(client, COMPLETION_STREAM, events=2)
            following = asyncio.create_task(resumed(other, uuid, after=0))
            asyncio.get_running_loop().call_later(2.5, released.set)
            assert parse_events(await following)[-1]["data"]["status"] == "complete"

    async def test_cancellation_reaches_it(
        self,
        make_chat_settings: SettingsFactory,
        make_other_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
    ) -> None:
        """A generation is cancelled by way of any process."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings()) as client, serve(make_other_settings()) as other:
            asking = asyncio.create_task(client.post(COMPLETION_STREAM, json=QUESTION))
            uuid = await newest(client)
            cancelled = await other.post(f"/v1/messages/{uuid}/cancel")
            assert cancelled.status_code == 200
            assert cancelled.json()["status"] == "partial"
            assert cancelled.json()["finish_reason"] == "cancelled"
            done = parse_events((await asking).content)[-1]
            assert (done["event"], done["data"]) == ("done", cancelled.json())

    async def test_deletion_reaches_it(
        self,
        make_chat_settings: SettingsFactory,
        make_other_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
    ) -> None:
        """A chat that another process deletes ends its answer, and every stream of that."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        async with serve(make_chat_settings()) as client, serve(make_other_settings()) as other:
            chat = await new_chat(other)
            question = QUESTION | {"chat_uuid": chat}
            asking = asyncio.create_task(client.post(COMPLETION_STREAM, json=question))
            uuid = await newest(client)
            async with other.stream("GET", f"/v1/messages/{uuid}/stream") as response:
                await other.delete(f"{CHATS}/{chat}")
                followed = await asyncio.wait_for(response.aread(), 5)
            await asyncio.wait_for(fake_openai.requests[0].disconnected.wait(), 5)
            for content in (followed, (await asking).content):
                last = parse_events(content)[-1]
                assert (last["event"], last["data"]["code"]) == ("error", "not_found")


@pytest.mark.usefixtures("short_lease")
class TestDeadProcess:
    """An answer whose process died while it was generated."""

    @pytest.fixture
    def left_behind(self, chat_database_url: str) -> str:
        """An answer that a process left two deltas of in the journal."""
        [(uuid,)] = run_sql(
            chat_database_url,
            "INSERT INTO message (uuid, model, role, message, status, process_uuid) "
            "VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating', gen_random_uuid()) "
            "RETURNING uuid",
        )
        deltas = '{"lengths": [3, 2], "origins": [[0, "c", 1, "m"]], "finish_reasons": []}'
        run_sql(
            chat_database_url,
            "INSERT INTO journal (message_uuid, position, text, deltas) "
            "VALUES (%s, 0, 'Hello', %s) RETURNING position",
            uuid,
            deltas,
        )
        return str(uuid)

    @pytest.mark.parametrize("seen", [0, 3, 4, 9])
    async def test_what_there_is_ends_with_an_error(
        self, make_chat_settings: SettingsFactory, left_behind: str, seen: int
    ) -> None:
        """Whatever a reader has seen of it, they are told the rest and that it broke off."""
        async with serve(make_chat_settings()) as client:
            events = parse_events(await resumed(client, left_behind, after=seen))
            names = [*["start", "message", "message"][seen:], "error"]
            assert [event["event"] for event in events] == names
            assert [event["id"] for event in events][-1] > min(seen, 3)
            assert events[-1]["data"]["code"] == "internal_server_error"
            stored = (await client.get(f"/v1/messages/{left_behind}")).json()
            assert (stored["message"], stored["status"]) == ("Hello", "partial")
            assert stored["finish_reason"] == "abandoned"

    async def test_eventsource_stops(
        self, make_chat_settings: SettingsFactory, left_behind: str
    ) -> None:
        """Who comes back with the number of the last event, as browsers do, finds nothing left."""
        async with serve(make_chat_settings()) as client:
            seen = parse_events(await resumed(client, left_behind, after=9))[-1]["id"]
            again = await client.get(f"/v1/messages/{left_behind}/stream?last_event_id={seen}")
            assert again.status_code == 204
