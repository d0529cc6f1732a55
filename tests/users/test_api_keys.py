"""API keys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from app.users.constants import MAX_API_KEYS
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.people import bearer, logged_in, make_key
from tests.support.psql import sql
from tests.support.server import problem_of, serve
from tests.support.waiting import until


class TestCreate:
    async def test_key_is_shown_once(self, ann: httpx2.AsyncClient) -> None:
        """A key is shown when it is made; lists show its ends alone."""
        created = (await ann.post("/v1/api-keys", json={"name": "nightly import"})).json()
        key = created.pop("key")
        listed = await ann.get("/v1/api-keys")
        assert listed.json() == [created]
        assert key not in listed.text
        assert key.startswith(created["prefix"])
        assert key.endswith(created["last_four"])
        assert (len(created["prefix"]), len(created["last_four"])) == (9, 4)
        assert sorted(created["scopes"]) == ["ask", "ingest", "read"]
        assert created["last_used_at"] is None

    async def test_only_its_hash_is_stored(
        self, ann: httpx2.AsyncClient, guarded: Settings
    ) -> None:
        """The database does not hold a key."""
        key = await make_key(ann)
        [(row,)] = await sql(guarded, "SELECT api_key::text FROM api_key")
        assert key[9:-4] not in row

    @pytest.mark.parametrize(
        ("given", "place"),
        [
            ({}, "name"),
            ({"name": " "}, "name"),
            ({"name": "k" * 101}, "name"),
            ({"name": "k", "scopes": []}, "scopes"),
            ({"name": "k", "scopes": ["write"]}, "scopes"),
            ({"name": "k", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
            ({"name": "k", "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
            ({"name": "k", "expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
            ({"name": "k", "more": 1}, "more"),
        ],
    )
    async def test_wrong_fields_are_named(
        self, carol: httpx2.AsyncClient, given: dict[str, object], place: str
    ) -> None:
        """A wrong field is a 422 that names it."""
        problem = problem_of(await carol.post("/v1/api-keys", json=given))
        assert problem["errors"][0]["loc"][:2] == ["body", place]

    async def test_many(self, ann: httpx2.AsyncClient, guarded: Settings) -> None:
        """A user has only so many keys."""
        await make_key(ann)
        await sql(
            guarded,
            "INSERT INTO api_key (uuid, user_id, name, scopes, prefix, last_four, key_hash) "
            "SELECT gen_random_uuid(), user_id, name, scopes, prefix, last_four, uuid_send("
            "gen_random_uuid()) FROM api_key, generate_series(2, %s)",
            MAX_API_KEYS,
        )
        problem = problem_of(await ann.post("/v1/api-keys", json={"name": "more"}))
        assert (problem["status"], problem["code"]) == (409, "conflict")


class TestUse:
    async def test_user_is_known_by_it(
        self, nobody: httpx2.AsyncClient, ann: httpx2.AsyncClient
    ) -> None:
        """Whoever sends a key is its user."""
        me = await nobody.get("/v1/me", headers=bearer(await make_key(ann)))
        assert me.json() == (await ann.get("/v1/me")).json()

    async def test_use_is_noted_once_a_minute(
        self,
        nobody: httpx2.AsyncClient,
        ann: httpx2.AsyncClient,
        guarded: Settings,
        tmp_path: Path,
    ) -> None:
        """When a key was used last is written, and not again within a minute."""
        headers = bearer(await make_key(ann))
        await nobody.get("/v1/me", headers=headers)
        [noted] = await sql(guarded, "SELECT last_used_at FROM api_key")
        assert noted[0] is not None
        beside = guarded.model_copy(update={"DATA_DIR": tmp_path / "beside"})
        async with serve(beside) as other:  # which has not cached it
            await other.get("/v1/me", headers=headers)
        assert await sql(guarded, "SELECT last_used_at FROM api_key") == [noted]
        await sql(guarded, "UPDATE api_key SET last_used_at = now() - interval '2 minutes'")
        async with serve(beside) as other:
            await other.get("/v1/me", headers=headers)
        assert await sql(
            guarded, "SELECT last_used_at > now() - interval '1 minute' FROM api_key"
        ) == [(True,)]

    async def test_expired(
        self, nobody: httpx2.AsyncClient, ann: httpx2.AsyncClient, guarded: Settings
    ) -> None:
        """A key that has expired lets nobody in."""
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        headers = bearer(await make_key(ann, expires_at=tomorrow))
        await sql(guarded, "UPDATE api_key SET expires_at = now()")
        assert (await nobody.get("/v1/me", headers=headers)).status_code == 401

    async def test_expires_while_it_is_used(
        self, nobody: httpx2.AsyncClient, ann: httpx2.AsyncClient, guarded: Settings
    ) -> None:
        """A key that has just let somebody in lets nobody in once it has expired."""
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        headers = bearer(await make_key(ann, expires_at=tomorrow))
        await sql(guarded, "UPDATE api_key SET expires_at = now() + interval '1 second'")

        async def is_refused() -> bool:
            return (await nobody.get("/v1/me", headers=headers)).status_code == 401

        await until(is_refused, seconds=3)

    async def test_without_auth_other_keys_mean_nothing(
        self, make_settings: SettingsFactory
    ) -> None:
        """Where AUTH_REQUIRED is off, keys of other services are passed over, and ours count."""
        settings = make_settings()
        async with serve(settings) as client, logged_in(settings, client, "ann@example.com") as ann:
            key = await make_key(ann)
            for token, status in (
                ("sk-other", 200),
                (key, 200),
                (f"{key[:-1]}-", 401),
                ("brag_none", 401),
            ):
                response = await client.get("/v1/messages", headers=bearer(token))
                assert response.status_code == status, token


class TestDelete:
    async def test_ended_at_once(self, nobody: httpx2.AsyncClient, ann: httpx2.AsyncClient) -> None:
        """A deleted key lets nobody in, in this process from now on."""
        headers = bearer(await make_key(ann))
        assert (await nobody.get("/v1/me", headers=headers)).status_code == 200
        [key] = (await ann.get("/v1/api-keys")).json()
        assert (await ann.delete(f"/v1/api-keys/{key['uuid']}")).status_code == 204
        assert (await nobody.get("/v1/me", headers=headers)).status_code == 401
        assert (await ann.get("/v1/api-keys")).json() == []

    async def test_other_processes_learn_of_it(
        self, guarded: Settings, nobody: httpx2.AsyncClient, ann: httpx2.AsyncClient
    ) -> None:
        """Another process that has cached a key refuses it within 5 seconds."""
        headers = bearer(await make_key(ann))
        assert (await nobody.get("/v1/me", headers=headers)).status_code == 200
        await sql(guarded, "DELETE FROM api_key")

        async def is_refused() -> bool:
            return (await nobody.get("/v1/me", headers=headers)).status_code == 401

        assert not await is_refused()  # it is cached
        await until(is_refused, seconds=5)

    async def test_unknown(self, ann: httpx2.AsyncClient) -> None:
        """A key that is not there is a 404."""
        problem = problem_of(await ann.delete(f"/v1/api-keys/{uuid4()}"))
        assert problem["code"] == "not_found"
