"""Uploading as clients do, and what they then look at."""

from typing import Any
from uuid import uuid4

import httpx2

from tests.support.waiting import until

Json = dict[str, Any]

DOCUMENTS = "/v1/documents"


def unique(text: str = "Ducks eat seeds") -> str:
    """A text that has not been uploaded yet."""
    return f"{text} {uuid4()}."


async def post_text(client: httpx2.AsyncClient, text: str, **given: Any) -> httpx2.Response:
    """Uploads a text as JSON."""
    return await client.post(DOCUMENTS, json={"text": text, "title": "Title"} | given)


async def post_file(
    client: httpx2.AsyncClient,
    content: bytes,
    name: str = "ducks.txt",
    media_type: str = "text/plain",
    **fields: str,
) -> httpx2.Response:
    """Uploads a file as a form."""
    return await client.post(DOCUMENTS, files={"file": (name, content, media_type)}, data=fields)


async def ended(client: httpx2.AsyncClient, response: httpx2.Response) -> Json:
    """The uploaded document once it is ready or has failed."""
    assert response.status_code in {200, 202}, response.text
    return await wait_for(client, response.json()["uuid"], "ready", "failed")


async def wait_for(client: httpx2.AsyncClient, uuid: str, *statuses: str) -> Json:
    """A document once it has one of these statuses."""
    document: Json = {}

    async def arrived() -> bool:
        document.update((await client.get(f"{DOCUMENTS}/{uuid}")).json())
        return document["status"] in statuses

    await until(arrived, seconds=20)
    return document


async def search(client: httpx2.AsyncClient, query: str, **given: str | int) -> list[Json]:
    """What a query finds, up to 20 passages."""
    params: dict[str, str | int] = {"query": query, "limit": 20, **given}
    response = await client.get("/v1/search", params=params)
    assert response.status_code == 200, response.text
    found: list[Json] = response.json()
    return found


async def uuids(client: httpx2.AsyncClient) -> list[str]:
    """Which documents there are, newest first."""
    listed = await client.get(DOCUMENTS, params={"limit": 200})
    return [document["uuid"] for document in listed.json()]
