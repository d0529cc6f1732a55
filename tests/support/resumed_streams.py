"""Streams of answers, as a client reads a part of them and comes back."""

from typing import Any

import httpx2

from tests.support.asking import QUESTION
from tests.support.waiting import until

PARTS = ["Ducks ", "dabble", ", geese\u2028", " graze", "."]


async def ask_and_leave(client: httpx2.AsyncClient, path: str, events: int) -> tuple[str, bytes]:
    """Reads so many events of a stream and leaves: the uuid of the answer, and what was read."""
    async with client.stream("POST", path, json=QUESTION) as response:
        read = b""
        async for data in response.aiter_bytes():
            read += data
            if read.count(b"\n\n") >= events:
                break
    whole = read[: read.rindex(b"\n\n") + 2]
    return response.headers["x-message-uuid"], whole


async def resumed(client: httpx2.AsyncClient, uuid: str, after: int) -> bytes:
    """The rest of a stream."""
    response = await client.get(
        f"/v1/messages/{uuid}/stream", headers={"Last-Event-ID": f"{after}"}
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-message-uuid"] == uuid
    return response.content


async def newest(client: httpx2.AsyncClient) -> str:
    """The uuid of the answer that is being generated."""

    async def messages() -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await client.get("/v1/messages?limit=1")).json()
        return [message for message in listed if message["status"] == "generating"]

    async def is_under_way() -> bool:
        return bool(await messages())

    await until(is_under_way)
    return str((await messages())[0]["uuid"])
