"""GET /healthcheck and GET /readiness."""

import asyncio
from typing import Any

import httpx2
import pytest

import app.core.api
from app import version
from app.embeddings.embedder import create_embedder
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.postgres_proxy import PostgresProxy
from tests.support.psql import run_sql
from tests.support.server import problem_of, serve
from tests.support.uploads import ended, post_text
from tests.support.waiting import Stopwatch, until

PARTS = {"postgres", "qdrant", "embeddings"}


def refusing(scheme: str) -> str:
    """A URL of this scheme at which no server listens."""
    address = refusing_url().removeprefix("http://").removesuffix("/v1")
    return f"{scheme}://{address}"


async def readiness(client: httpx2.AsyncClient, status: int) -> dict[str, str]:
    """What becomes of each part; the response is checked for its form."""
    response = await client.get("/readiness")
    assert response.status_code == status
    body: dict[str, Any] = response.json()
    assert body.keys() == {"status", "version", "checks"}
    assert body["status"] == ("ready" if status == 200 else "unavailable")
    assert body["checks"].keys() == PARTS
    assert all(check["latency_ms"] >= 0 for check in body["checks"].values())
    return {part: check["status"] for part, check in body["checks"].items()}


async def is_ready(client: httpx2.AsyncClient) -> bool:
    """Whether every part is well."""
    return (await client.get("/readiness")).status_code == 200


class TestHealthcheck:
    """GET /healthcheck: whether the process lives."""

    async def test_process_says_its_version(self, shared_client: httpx2.AsyncClient) -> None:
        """A process that lives says its version."""
        response = await shared_client.get("/healthcheck")
        assert (response.status_code, response.json()) == (200, {"version": version})

    async def test_process_lives_without_postgres_and_qdrant(
        self, make_settings: SettingsFactory
    ) -> None:
        """A process lives where neither Postgres nor Qdrant answers."""
        settings = make_settings(DATABASE_URL=refusing("postgresql"), QDRANT_URL=refusing("http"))
        async with serve(settings) as client:
            assert (await client.get("/healthcheck")).status_code == 200


class TestReadiness:
    """GET /readiness: whether the service can do its work."""

    async def test_service_is_ready_when_all_parts_answer(
        self, shared_client: httpx2.AsyncClient
    ) -> None:
        """A service whose parts all answer is ready, whatever the model upstream does."""
        assert await readiness(shared_client, 200) == dict.fromkeys(PARTS, "ok")

    async def test_model_upstream_is_not_called(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A look at the readiness does not call the model upstream."""
        async with serve(make_settings()) as client:
            await client.get("/readiness")
        assert fake_openai.requests == []

    @pytest.mark.parametrize(
        ("part", "setting"),
        [
            ("postgres", {"DATABASE_URL": refusing("postgresql")}),
            ("qdrant", {"QDRANT_URL": refusing("http")}),
        ],
    )
    async def test_part_that_is_down_is_named(
        self, make_settings: SettingsFactory, part: str, setting: dict[str, str]
    ) -> None:
        """A part that is down is named, and the others are well."""
        async with serve(make_settings(**setting)) as client:
            expected = dict.fromkeys(PARTS, "ok") | {part: "failed"}
            assert await readiness(client, 503) == expected

    async def test_model_that_does_not_embed_is_named(self, make_settings: SettingsFactory) -> None:
        """A model that no longer embeds makes the service unavailable."""
        own_embedder = await asyncio.to_thread(create_embedder, Settings())
        async with serve(make_settings(), own_embedder) as client:
            await asyncio.to_thread(own_embedder.close)
            assert (await readiness(client, 503))["embeddings"] == "failed"

    async def test_hanging_part_fails_in_time_and_recovers(
        self,
        make_settings: SettingsFactory,
        own_database_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A part that does not answer fails in its time, and is well again when it answers."""
        async with (
            PostgresProxy(own_database_url) as network,
            serve(make_settings(DATABASE_URL=network.url, DATABASE_TIMEOUT_SEC=2)) as client,
        ):
            await readiness(client, 200)
            monkeypatch.setattr(app.core.api, "READINESS_TIMEOUT_SEC", 0.2)
            network.hang()
            for _ in range(4):
                with Stopwatch() as watch:
                    assert (await readiness(client, 503))["postgres"] == "failed"
                assert watch.seconds < 1
            network.fail_over()
            await until(lambda: is_ready(client))


NO_ROOM = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device'
USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON message EXECUTE FUNCTION refuse()
"""


async def detail(client: httpx2.AsyncClient, part: str) -> str:
    """What an operator should do about this part, which fails."""
    response = await client.get("/readiness")
    assert response.status_code == 503
    checks = response.json()["checks"]
    failed = [name for name, check in checks.items() if check["status"] == "failed"]
    assert failed == [part]
    return str(checks[part]["detail"])


class TestFullDisk:
    """A disk without room, which still reads."""

    async def test_postgres(
        self,
        client: httpx2.AsyncClient,
        own_database_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A write that Postgres refuses for want of room shows for a while, if no other fails."""
        run_sql(own_database_url, NO_ROOM)
        answer = await client.post("/v1/completion", json={"message": "Hi"})
        assert problem_of(answer)["code"] == "database_unavailable"
        assert (await client.get("/v1/messages")).status_code == 200
        assert "disk of Postgres is full" in await detail(client, "postgres")
        monkeypatch.setattr("app.db.database.FULL_SEC", 0.0)
        assert await is_ready(client)

    async def test_edge(self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where Edge has no room, documents wait for it; they do not fail, and none is lost."""
        with monkeypatch.context() as patch:
            patch.setattr("app.vector_store.edge.folder.LEAST_FREE_BYTES", 2**62)
            patch.setattr("app.jobs.worker.LONGEST_BACKOFF_SEC", 0.1)
            response = await post_text(client, "Ducks eat seeds.")
            assert "disk of DATA_DIR is nearly full" in await detail(client, "qdrant")
            uuid = response.json()["uuid"]
            await until(lambda: is_begun(client, uuid), 20)
        assert await is_ready(client)
        assert (await ended(client, response))["status"] == "ready"


async def is_begun(client: httpx2.AsyncClient, uuid: str) -> bool:
    """Whether a document has come as far as its points, and is not done."""
    document = (await client.get(f"/v1/documents/{uuid}")).json()
    return bool(document["status"] == "processing" and document["passages_total"])
