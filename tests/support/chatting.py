"""Asking in chats, and what was said there."""

from typing import Any

import httpx2

from tests.support.asking import COMPLETION
from tests.support.server import parse_events

Json = dict[str, Any]
CHATS = "/v1/chats"


async def new_chat(client: httpx2.AsyncClient, **given: str) -> str:
    """The uuid of a new chat."""
    response = await client.post(CHATS, json=given)
    assert response.status_code == 201
    uuid: str = response.json()["uuid"]
    return uuid


async def ask(
    client: httpx2.AsyncClient, chat: str, question: str, path: str = COMPLETION, **given: Any
) -> Json:
    """The answer to a question in a chat."""
    response = await client.post(path, json={"message": question, "chat_uuid": chat} | given)
    assert response.status_code == 200, response.text
    if path.endswith("stream"):
        answer: Json = parse_events(response.content)[-1]["data"]
    else:
        answer = response.json()
    return answer


async def messages_of(client: httpx2.AsyncClient, chat: str) -> list[str]:
    """What was said in a chat, oldest first."""
    response = await client.get("/v1/messages", params={"chat_uuid": chat})
    return [message["message"] for message in response.json()][::-1]
