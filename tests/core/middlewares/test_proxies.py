"""A proxy before the service that strips a prefix, and who may say so."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import urljoin

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from app.core.middlewares.proxies import Forwarded
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.server import serve
from tests.support.uploads import post_text

PLACE = "https://brag.example/rag"


@pytest.fixture
async def documents(shared_client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of a service with more documents than one page holds."""
    for text in ("Ducks dive.", "Geese graze."):
        await post_text(shared_client, text)
    return shared_client


async def next_page(client: httpx2.AsyncClient, headers: Mapping[str, str]) -> str:
    """Where the next page of a list is."""
    response = await client.get("/v1/documents?limit=1", headers=headers)
    return response.links["next"]["url"]


class TestForwardedPrefix:
    """X-Forwarded-Prefix, of a proxy that FORWARDED_ALLOW_IPS names."""

    @pytest.mark.parametrize(
        ("given", "prefix"),
        [("/rag", "/rag"), ("rag/", "/rag"), ("/", ""), ("/a, /b/c", "/a/b/c"), ("/v1", "/v1")],
    )
    async def test_links_keep_the_prefix(
        self, documents: httpx2.AsyncClient, given: str, prefix: str
    ) -> None:
        """The next page is under the prefix, which may have a part of each of several proxies."""
        link = await next_page(documents, {"X-Forwarded-Prefix": given})
        assert link.startswith(f"{prefix}/v1/documents?")

    @pytest.mark.parametrize(
        "given", ["https://evil.example", "//evil.example/a b", "/a?b", "/a//b", "/a%0d", "/<b>"]
    )
    async def test_what_is_no_path_is_passed_over(
        self, documents: httpx2.AsyncClient, given: str
    ) -> None:
        """A prefix that is no path is none: no link leads to another host."""
        link = await next_page(documents, {"X-Forwarded-Prefix": given})
        assert link.startswith("/v1/documents?")

    async def test_trailing_slash_stays_with_the_client(
        self, documents: httpx2.AsyncClient
    ) -> None:
        """A redirect keeps the prefix, the host and the scheme that the client knows."""
        headers = {"X-Forwarded-Prefix": "/rag", "X-Forwarded-Proto": "https"}
        response = await documents.get("/v1/documents/?limit=1", headers=headers)
        to = urljoin(f"{PLACE}/v1/documents/", response.headers["location"])
        assert (response.status_code, to) == (307, f"{PLACE}/v1/documents?limit=1")

    async def test_page_of_the_api_asks_under_the_prefix(
        self, documents: httpx2.AsyncClient
    ) -> None:
        """What /docs tries out goes to the prefix, and is not remembered for others."""
        response = await documents.get("/openapi.json", headers={"X-Forwarded-Prefix": "/rag"})
        assert response.json()["servers"] == [{"url": "/rag"}]
        assert "servers" not in (await documents.get("/openapi.json")).json()


class TestWhoMaySay:
    """Whose word counts."""

    @pytest.mark.parametrize("chain", ["192.0.2.7, 10.0.0.2", "192.0.2.7, ::ffff:10.0.0.2"])
    async def test_client_behind_several_proxies(self, chain: str) -> None:
        """The client is the last address that is no allowed proxy, in either form of IPv4."""
        seen: list[Any] = []

        async def note(scope: Scope, _receive: Receive, _send: Send) -> None:
            seen.append(scope["client"][0])

        settings = Settings(FORWARDED_ALLOW_IPS=["10.0.0.0/8"])
        headers = [(b"x-forwarded-for", chain.encode())]
        scope = {"type": "http", "client": ("::ffff:10.0.0.1", 1), "headers": headers}
        await Forwarded(note, settings)(scope, AsyncMock(), AsyncMock())
        assert seen == ["192.0.2.7"]

    async def test_strangers_prefix_is_passed_over(self, make_settings: SettingsFactory) -> None:
        """Whoever is no allowed proxy cannot have links lead elsewhere."""
        async with serve(make_settings(FORWARDED_ALLOW_IPS=["192.0.2.1"])) as client:
            response = await client.get("/v1/messages/", headers={"X-Forwarded-Prefix": "/rag"})
        assert response.headers["location"] == "/v1/messages"


class TestRootPath:
    """ROOT_PATH, for a proxy that says nothing."""

    @pytest.fixture(params=[{"ROOT_PATH": "rag"}, {"PUBLIC_URL": PLACE}], ids=str)
    async def client(
        self, request: pytest.FixtureRequest, make_settings: SettingsFactory
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of a service that is said to be under a prefix."""
        given: dict[str, Any] = request.param
        async with serve(make_settings(**given)) as client:
            yield client

    async def test_redirect_keeps_the_prefix(self, client: httpx2.AsyncClient) -> None:
        """ROOT_PATH, or the path of PUBLIC_URL, is in a redirect, and paths are what they are."""
        assert (await client.get("/v1/messages/")).headers["location"] == "/rag/v1/messages"
        assert (await client.get("/v1/messages")).status_code == 200
        assert (await client.get("/rag/v1/messages")).status_code == 404
