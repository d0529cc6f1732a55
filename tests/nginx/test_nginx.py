"""A real nginx before the service, as docs/nginx.md has it: `make test-nginx`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx2
import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION_STREAM, QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.nginx import PREFIX, nginx
from tests.support.openai_replies import stream
from tests.support.resumed_streams import PARTS, ask_and_leave, resumed
from tests.support.server import connect, content_of, follow, parse_events, serve
from tests.support.uploads import DOCUMENTS, post_file, post_text

pytestmark = pytest.mark.nginx

PATIENCE_SEC: Final = 20  # nothing here takes as long, unless it is held back for ever
MEGABYTE: Final = 2**20


@pytest.fixture(params=[False, True], ids=["HTTP/1.0", "HTTP/1.1"])
async def client(
    request: pytest.FixtureRequest, make_settings: SettingsFactory, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of nginx, which asks the service in both versions of HTTP."""
    async with serve(make_settings(RESUME_GRACE_SEC=1)) as direct:
        port = direct.base_url.port
        assert port is not None
        async with nginx(port, tmp_path, is_http11=request.param) as url, connect(url) as client:
            yield client


class TestStreams:
    """Server-sent events through a proxy that buffers and compresses."""

    async def test_first_token_arrives_as_it_is_sent(
        self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """The first token is there while the model is still at the second."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with (
            asyncio.timeout(PATIENCE_SEC),
            client.stream("POST", COMPLETION_STREAM, json=QUESTION) as response,
            aclosing(follow(response)) as events,
        ):
            assert response.headers["content-encoding"] == "gzip"
            read = [await anext(events), await anext(events)]
            assert [event["event"] for event in read] == ["start", "message"]
            assert content_of(read) == "Hel"
            released.set()
            read += [event async for event in events]
        assert (read[-1]["event"], content_of(read)) == ("done", "Hello")

    async def test_stream_is_resumed(
        self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """A client that comes back gets what is missing, and what still comes."""
        released = asyncio.Event()
        fake_openai.reply(stream(*PARTS[:2], released, *PARTS[2:]))
        async with asyncio.timeout(PATIENCE_SEC):
            uuid, read = await ask_and_leave(client, COMPLETION_STREAM, events=3)
            released.set()
            rest = await resumed(client, uuid, after=read.count(b"\n\n"))
        events = parse_events(read + rest)
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert events[-1]["data"]["message"] == "".join(PARTS)

    async def test_client_that_left_is_noticed(
        self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """The model is not asked on for a client that left nginx, and does not come back."""
        fake_openai.reply(stream("Hel", asyncio.Event()))
        async with asyncio.timeout(PATIENCE_SEC):
            await ask_and_leave(client, COMPLETION_STREAM, events=2)
            await fake_openai.requests[0].disconnected.wait()


class TestDocuments:
    """Uploads and downloads of the size that documents have."""

    async def test_large_document_goes_through(self, client: httpx2.AsyncClient) -> None:
        """A document of 20 MB comes out as it went in."""
        content = b"Ducks eat seeds.\n".ljust(20 * MEGABYTE, b" ")
        response = await post_file(client, content)
        assert response.status_code == 202, response.text
        path = f"{DOCUMENTS}/{response.json()['uuid']}"
        file = await client.get(f"{path}/file")
        assert sha256(file.content).digest() == sha256(content).digest()
        assert (await client.delete(path)).status_code == 204


class TestPrefix:
    """The prefix that nginx strips."""

    async def test_next_page_is_under_the_prefix(self, client: httpx2.AsyncClient) -> None:
        """The link to the next page has the prefix, and leads there."""
        for text in ("Ducks dive.", "Geese graze."):
            await post_text(client, text)
        first = await client.get(f"{DOCUMENTS}?limit=1")
        link = first.links["next"]["url"]
        assert link.startswith(f"{PREFIX}{DOCUMENTS}?")
        second = await client.get(urljoin(str(first.url), link))
        assert second.json()[0]["uuid"] != first.json()[0]["uuid"]

    async def test_redirect_and_docs_are_under_the_prefix(self, client: httpx2.AsyncClient) -> None:
        """A redirect leads to nginx again, and /docs tries requests out under the prefix."""
        response = await client.get(f"{DOCUMENTS}/", follow_redirects=True)
        assert (response.status_code, response.url.path) == (200, f"{PREFIX}{DOCUMENTS}")
        document = await client.get("/openapi.json")
        assert document.json()["servers"] == [{"url": PREFIX}]
