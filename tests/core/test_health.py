"""GET /healthcheck and GET /readiness."""

from typing import Any

import httpx2
import pytest

import app.core.api
import app.main
from app import version
from app.core.embeddings import Embedder
from tests.conftest import SettingsFactory
from tests.fakes import FakeOpenAI, refusing_url
from tests.postgres_proxy import PostgresProxy
from tests.server import serve
from tests.waiting import Stopwatch, until

PARTS = {"postgres", "qdrant", "embeddings"}


def refusing(scheme: str) -> str:
    """A URL of this scheme at which nobody listens."""
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
    """Whether the process lives."""

    async def test_alive(self, client: httpx2.AsyncClient) -> None:
        """It says its version."""
        response = await client.get("/healthcheck")
        assert (response.status_code, response.json()) == (200, {"version": version})

    async def test_nothing_else_alive(self, make_settings: SettingsFactory) -> None:
        """It needs no other part."""
        settings = make_settings(DATABASE_URL=refusing("postgresql"), QDRANT_URL=refusing("http"))
        async with serve(settings) as client:
            assert (await client.get("/healthcheck")).status_code == 200


class TestReadiness:
    """Whether the service can do its work."""

    async def test_ready(self, client: httpx2.AsyncClient) -> None:
        """With every part there it is ready; the model upstream is not one of them."""
        assert await readiness(client, 200) == dict.fromkeys(PARTS, "ok")

    async def test_no_call_upstream(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """The model upstream is not called."""
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
    async def test_part_down(
        self, make_settings: SettingsFactory, part: str, setting: dict[str, str]
    ) -> None:
        """The part that is down is named, the others are well."""
        async with serve(make_settings(**setting)) as client:
            expected = dict.fromkeys(PARTS, "ok") | {part: "failed"}
            assert await readiness(client, 503) == expected

    async def test_embeddings_down(
        self, make_settings: SettingsFactory, own_embedder: Embedder
    ) -> None:
        """A model that no longer embeds makes the service unavailable."""
        async with serve(make_settings()) as client:
            own_embedder.close()
            assert (await readiness(client, 503))["embeddings"] == "failed"

    async def test_hanging(
        self,
        make_settings: SettingsFactory,
        database_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A part that does not answer fails in its time, and is well again when it answers."""
        async with (
            PostgresProxy(database_url) as network,
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
