"""A user's own data: given out whole, and deleted whole."""

import asyncio
from base64 import b64decode
from functools import partial
from typing import Any

import httpx2
import orjson
import pytest

from settings import Settings
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import stream
from tests.support.people import bearer, make_key
from tests.support.psql import sql
from tests.support.server import parse_events
from tests.support.uploads import ended, post_text, search
from tests.support.waiting import until

Json = dict[str, Any]

# Every column of every table that refers to a user, or holds an address of one.
OWNED = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name IN ('user_id', 'email')
"""


async def owned(settings: Settings) -> dict[str, int]:
    """How many rows of each table are somebody's."""
    counts: dict[str, int] = {}
    for table, column in await sql(settings, OWNED):
        [(count,)] = await sql(settings, f"SELECT count({column}) FROM {table}")
        counts[table] = counts.get(table, 0) + count
    [(passages,)] = await sql(settings, "SELECT count(*) FROM passage")
    return counts | {"passage": passages}


@pytest.fixture
async def full(nobody: httpx2.AsyncClient, ann: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Ann, who has one of everything."""
    await ended(ann, await post_text(ann, "Ducks eat seeds.", source="ducks", title="Ducks"))
    await make_key(ann)
    headers = {"Idempotency-Key": "one"}
    chat = (await ann.post("/v1/chats", json={})).json()["uuid"]
    question = {"message": "Hello there", "chat_uuid": chat}
    answer = await ann.post(COMPLETION, json=question, headers=headers)
    assert answer.status_code == 200
    await nobody.post("/v1/login", json={"email": "ann@example.com"})
    return ann


async def is_stored(settings: Settings) -> bool:
    """Whether a delta is in the journal."""
    return bool(await sql(settings, "SELECT 1 FROM journal"))


@pytest.fixture
def late_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes beat once, and then only when they are woken."""
    monkeypatch.setattr("app.chat.processes.BEAT_SEC", 3600)


class TestDelete:
    async def test_nothing_is_left(
        self, full: httpx2.AsyncClient, nobody: httpx2.AsyncClient, guarded: Settings
    ) -> None:
        """Of a deleted user no table holds a row any more, and the vector store no point."""

        async def has_mailed() -> bool:
            return not await sql(guarded, "SELECT 1 FROM job") and bool(
                await sql(guarded, "SELECT 1 FROM magic_link")
            )

        await full.post(COMPLETION_STREAM, json={"message": "Hello there"})  # whose stream is kept
        await until(has_mailed)
        before = await owned(guarded)
        assert {table for table, count in before.items() if not count} <= {"job"}
        assert (await full.delete("/v1/me")).status_code == 204

        async def is_gone() -> bool:
            return not await sql(guarded, "SELECT 1 FROM job")

        await until(is_gone)
        assert set((await owned(guarded)).values()) == {0}
        drift = (await nobody.get("/readiness")).json()["checks"]["qdrant"]["drift"]
        assert drift == 0

    @pytest.mark.usefixtures("late_beat")
    async def test_answers_under_way_end(
        self,
        fake_openai: FakeOpenAI,
        ann: httpx2.AsyncClient,
        guarded: Settings,
    ) -> None:
        """An answer that is being generated for them is cancelled, and nothing of it is left."""
        fake_openai.reply(stream("Hel", asyncio.Event(), "lo"))
        headers = {"Idempotency-Key": "one"}
        asking = asyncio.create_task(ann.post(COMPLETION_STREAM, json=QUESTION, headers=headers))
        request = await fake_openai.arrival()
        await until(partial(is_stored, guarded))
        assert (await ann.delete("/v1/me")).status_code == 204
        await asyncio.wait_for(request.disconnected.wait(), 5)
        last = parse_events((await asking).content)[-1]
        assert (last["event"], last["data"]["code"]) == ("error", "not_found")
        assert set((await owned(guarded)).values()) == {0}

    async def test_session_and_keys_end(
        self, full: httpx2.AsyncClient, nobody: httpx2.AsyncClient
    ) -> None:
        """With the user their sessions and keys end."""
        headers = bearer(await make_key(full))
        assert (await nobody.get("/v1/me", headers=headers)).status_code == 200
        await full.delete("/v1/me")
        assert (await nobody.get("/v1/me", headers=headers)).status_code == 401
        assert (await full.get("/v1/me")).status_code == 401

    async def test_others_keep_theirs(
        self, full: httpx2.AsyncClient, bob: httpx2.AsyncClient, guarded: Settings
    ) -> None:
        """What others have stays, and is found as before."""
        await ended(bob, await post_text(bob, "Ducks eat seeds.", source="ducks"))
        await full.delete("/v1/me")

        async def is_purged() -> bool:
            return not await sql(guarded, "SELECT 1 FROM job")

        await until(is_purged)
        assert len(await search(bob, "What do ducks eat?")) == 1


class TestExport:
    async def test_everything_is_in_it(
        self, full: httpx2.AsyncClient, bob: httpx2.AsyncClient
    ) -> None:
        """An export holds all that is the user's as JSON lines, and nothing of anybody else's."""
        await ended(bob, await post_text(bob, "Geese graze.", source="geese"))
        response = await full.get("/v1/me/export")
        assert response.headers["content-type"] == "application/x-ndjson"
        lines: list[Json] = [orjson.loads(line) for line in response.content.splitlines()]
        kinds = [line["type"] for line in lines]
        assert kinds == [
            *("user", "api_key", "session", "chat"),
            *("message", "message", "document", "passage", "file"),
        ]
        assert lines[0]["email"] == "ann@example.com"
        assert lines[4]["message"] == "Hello there"
        assert lines[-2]["text"] == "Ducks eat seeds."
        assert b64decode(lines[-1]["base64"]) == b"Ducks eat seeds."
        assert "Geese" not in response.text
        assert "hash" not in response.text

    async def test_long(self, ann: httpx2.AsyncClient, guarded: Settings) -> None:
        """More rows than one batch holds are all there, once."""
        await sql(
            guarded,
            "INSERT INTO message (uuid, user_id, model, role, message, status) SELECT "
            "gen_random_uuid(), users.id, 'm', 'user', 'n' || n, 'complete' "
            "FROM users, generate_series(1, 450) AS n",
        )
        response = await ann.get("/v1/me/export")
        texts = [orjson.loads(line).get("message") for line in response.content.splitlines()[2:]]
        assert texts == [f"n{n}" for n in range(1, 451)]
